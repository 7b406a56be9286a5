//! The package's classes around this module: what users hold.

use super::stage::{Spy, Visit, get, js, js_with, restore, shown, soon, text};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

/// What the package's functions are made of.
const FILES: [(&str, &str); 8] = [
    ("api", include_str!("../../pkg-template/api.js")),
    ("database", include_str!("../../pkg-template/database.js")),
    ("error", include_str!("../../pkg-template/error.js")),
    ("journal", include_str!("../../pkg-template/journal.js")),
    ("locks", include_str!("../../pkg-template/locks.js")),
    ("pool", include_str!("../../pkg-template/pool.js")),
    ("patience", include_str!("../../pkg-template/patience.js")),
    ("upload", include_str!("../../pkg-template/upload.js")),
];

/// The package's `upload`, with our own glue behind it, or with another `Machine`.
async fn upload(machine: Option<JsValue>) -> JsValue {
    let visit = Visit::new(&js("file(1)"), &js("({ to: shop('http://any.invalid') })")).expect("good options");
    let class = machine.unwrap_or_else(|| visit.class());
    let files = js_sys::Object::new();
    for (name, text) in FILES {
        js_sys::Reflect::set(&files, &name.into(), &text.into()).expect("a plain object");
    }
    let parts = js_with("({ files: it[0], Machine: it[1] })", &js_sys::Array::of2(&files, &class));
    // An instance is the matter of a module of its own; here it hands out the class of the module that is under test.
    let loaded = js_with(
        "(async () => {
            const name = `glue${Math.random()}`;
            globalThis[name] = it.Machine;
            it.files.instance = `export const instance = async () => ({
                api: { Machine: globalThis['${name}'] }, watch: () => () => {}, awaited: (promise) => promise,
            });`;
            const made = {};
            const address = (name) => (made[name] ??= URL.createObjectURL(new Blob(
                [(it.files[name] ?? '').replace(/\"\\.\\/(\\w+)\\.js\"/g, (_, name) => JSON.stringify(address(name)))],
                { type: 'text/javascript' },
            )));
            const package_ = await import(address('api'));
            return package_.createApi({}).upload;
        })()",
        &parts,
    );
    soon(loaded, || "the package could not be imported".into()).await
}

/// What became of a promise: `[value]`, or `{ error }`.
async fn settled(promise: &JsValue) -> JsValue {
    let settled = js_with("Promise.resolve(it).then((value) => ({ value }), (error) => ({ error }))", promise);
    soon(settled, || "it did not settle".into()).await
}

fn with(upload: &JsValue, expression: &str) -> JsValue {
    js_with(expression, upload)
}

#[wasm_bindgen_test]
async fn an_upload_is_a_promise_with_events() {
    restore();
    let _spy = Spy::new("fetchSpy(async () => stored())");
    let upload = upload(None).await;
    let told = with(
        &upload,
        "(() => { const told = []; const upload = it(file(3), { to: shop('http://promise.invalid'), transport: 'fetch', onProgress: () => told.push('onProgress') });
            for (const kind of ['statechange', 'part', 'success', 'error']) upload.addEventListener(kind, ({ detail }) => told.push(detail.state ?? kind));
            return { told, upload } })()",
    );
    let result = settled(&get(&told, "upload")).await;
    assert_eq!(text(&get(&result, "value"), "uploadId"), "u", "{}", shown(&result));
    let told: Vec<String> =
        js_sys::Array::from(&get(&told, "told")).iter().filter_map(|name| name.as_string()).collect();
    let (progress, rest): (Vec<_>, Vec<_>) = told.into_iter().partition(|name| name == "onProgress");
    assert!(!progress.is_empty());
    assert_eq!(rest, ["creating", "uploading", "part", "completing", "completed", "success"]);
}

#[wasm_bindgen_test]
async fn a_getter_that_throws_rejects_and_nothing_else() {
    restore();
    let upload = upload(None).await;
    for name in ["to", "signal", "onProgress", "partSize"] {
        for thrown in ["new Error('no')", "null", "'text'"] {
            let options = format!("{{ to: shop('http://a.invalid'), get {name}() {{ throw {thrown} }} }}");
            let outcome = settled(&with(&upload, &format!("it(file(3), {options})"))).await;
            let error = get(&outcome, "error");
            assert_eq!(text(&error, "code"), "options", "{name} {thrown}: {}", text(&error, "message"));
            assert!(text(&error, "message").starts_with(&format!("{name}: ")), "{}", text(&error, "message"));
        }
    }
    let outcome = settled(&with(&upload, "it({ get size() { throw 1 } }, { to: shop('http://a.invalid') })")).await;
    assert_eq!(text(&get(&outcome, "error"), "code"), "options");
}

#[wasm_bindgen_test]
async fn an_abort_that_is_over_at_once_resolves() {
    restore();
    let _spy = Spy::new("fetchSpy((request) => held(request))");
    let upload = upload(None).await;
    // Without an `abort` function there is nothing to wait for.
    let aborted = with(
        &upload,
        "(() => { const upload = it(file(3), { to: shop('http://resolves.invalid') });
            return new Promise((resolve) => upload.addEventListener('statechange', ({ detail }) =>
                detail.state === 'uploading' && real.setTimeout(() => resolve(upload.abort('enough')
                    .then(() => upload.done).catch((error) => ({ code: error.code, cause: error.cause, state: upload.state, sent: upload.progress.sent })))))) })()",
    );
    let error = get(&settled(&aborted).await, "value");
    assert_eq!(shown(&error), r#"{"code":"aborted","cause":"enough","state":"aborted","sent":0}"#);
}

#[wasm_bindgen_test]
async fn two_listeners_hear_one_order_whatever_the_first_of_them_does() {
    restore();
    let _spy = Spy::new("fetchSpy(async () => stored())");
    let upload = upload(None).await;
    let seen = with(
        &upload,
        "(() => { const seen = [[], []]; const upload = it(file(3), { to: shop('http://order.invalid') });
            upload.addEventListener('statechange', ({ detail }) => { seen[0].push(detail.state); if (detail.state === 'uploading' && !seen.paused) { seen.paused = true; upload.pause(); upload.resume(); } });
            upload.addEventListener('statechange', ({ detail }) => seen[1].push(detail.state));
            return upload.done.then(() => seen) })()",
    );
    let seen = get(&settled(&seen).await, "value");
    let orders: Vec<String> = js_sys::Array::from(&seen).iter().map(|order| shown(&order)).collect();
    assert_eq!(orders[0], orders[1]);
    assert!(orders[0].contains("paused"), "{}", orders[0]);
}

#[wasm_bindgen_test]
async fn a_machine_that_breaks_is_a_bug_of_ours_with_its_cause() {
    restore();
    for thrown in ["new WebAssembly.RuntimeError('unreachable')", "null", "undefined", "'text'"] {
        let upload = upload(Some(js(&format!("class {{ constructor() {{ throw {thrown} }} }}")))).await;
        let outcome = settled(&with(&upload, "it(file(3), { to: shop('http://a.invalid') })")).await;
        let error = get(&outcome, "error");
        assert_eq!(text(&error, "code"), "internal", "{thrown}");
        assert_eq!(shown(&get(&error, "cause")), shown(&js(thrown)), "{thrown}");
    }
}
