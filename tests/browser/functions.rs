//! Functions of the app: anything may be thrown, and anything may be given.

use super::stage::{Spy, Visit, get, js, js_with, merged, restore, shown, soon, text};
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

/// Values that somebody throws somewhere.
const THROWN: [&str; 8] = [
    "'a string'",
    "''",
    "null",
    "undefined",
    "Symbol('s')",
    "0n",
    "new Error('no')",
    "Object.defineProperties({}, { message: { get() { throw 1 } }, retry: { get() { throw 2 } } })",
];

fn is_same(left: &JsValue, right: &JsValue) -> bool {
    Object::is(left, right)
}

#[wasm_bindgen_test]
async fn a_function_that_throws_anything_is_the_cause_of_the_failure() {
    restore();
    let _spy = Spy::new("fetchSpy(async () => stored())");
    let mut origins = 0;
    for name in ["create", "sign", "complete"] {
        for value in THROWN {
            let thrown = js(value);
            for way in ["() => { throw it }", "() => Promise.reject(it)", "() => ({ then() { throw it } })"] {
                origins += 1;
                let function = js_with(way, &thrown);
                let to = js_with(&format!("shop('http://s{origins}.invalid', {{ {name}: it }})"), &function);
                let options = js_with("({ to: it })", &to);
                let failure = Visit::begun(&js("file(3)"), &options).failure().await;
                assert_eq!(text(&failure, "code"), "callback", "{name} {way} {value}");
                assert!(text(&failure, "message").contains(name), "{}", shown(&failure));
                assert!(Reflect::has(&failure, &"cause".into()).unwrap(), "{name} {way} {value}");
                assert!(is_same(&get(&failure, "cause"), &thrown), "{name} {way} {value}");
            }
        }
    }
}

#[wasm_bindgen_test]
async fn a_function_that_gives_something_else_is_told() {
    restore();
    let _spy = Spy::new("fetchSpy(async () => stored())");
    let givens = [
        "undefined",
        "null",
        "1n",
        "'text'",
        "(() => { const ring = {}; ring.ring = ring; return ring })()",
        "({ get then() { return undefined }, toJSON() { throw 1 } })",
        "Symbol('s')",
    ];
    for name in ["create", "sign"] {
        for given in givens {
            let options = js(&format!("({{ to: shop('http://given.invalid', {{ {name}: () => ({given}) }}) }})"));
            let failure = Visit::begun(&js("file(3)"), &options).failure().await;
            assert_eq!(text(&failure, "code"), "protocol", "{name} {given}");
            assert!(text(&failure, "message").contains(name), "{}", shown(&failure));
        }
    }
}

#[wasm_bindgen_test]
async fn what_was_thrown_earlier_is_not_the_cause_of_a_later_answer() {
    restore();
    let _spy = Spy::new("fetchSpy(async () => new Response(null, { status: 500 }))");
    let flaky = "shop('http://flaky.invalid', { create: () => { if (!it.again) { it.again = true; throw { retry: true } } return { uploadId: 'u', key: 'k' } } })";
    let to = js_with(flaky, &Object::new());
    let options = js_with("({ to: it, retry: { limit: 1, minDelay: 0, maxDelay: 0 } })", &to);
    let failure = Visit::begun(&js("file(3)"), &options).failure().await;
    assert_eq!(text(&failure, "code"), "server");
    assert!(get(&failure, "cause").is_undefined(), "{}", shown(&failure));
}

#[wasm_bindgen_test]
async fn functions_are_told_by_their_signal_that_nobody_waits_any_more() {
    restore();
    for name in ["create", "sign", "complete"] {
        let _spy = Spy::new("fetchSpy(async () => stored())");
        let called = js(
            "(() => { const it = { called: tally(), fired: tally() }; it.function = ({ signal }) => { signal.addEventListener('abort', () => it.fired.add()); it.called.add(); return new Promise(() => {}) }; return it })()",
        );
        let to = js_with(&format!("shop('http://{name}.invalid', {{ {name}: it.function }})"), &called);
        let visit = Visit::begun(&js("file(3)"), &js_with("({ to: it })", &to));
        soon(js_with("it.called.when(1)", &called), || "called".into()).await;
        assert_eq!(js_with("it.fired.count", &called).as_f64(), Some(0.0), "{name}");
        // While a create is out, an abort waits for its answer, to remove what it made: a pause does not end it either.
        match name {
            "create" => drop(visit),
            _ => drop(visit.ask("abort")),
        }
        soon(js_with("it.fired.when(1)", &called), move || format!("the signal of {name} fired")).await;
    }
}

#[wasm_bindgen_test]
async fn a_signal_stays_silent_once_its_function_has_settled() {
    restore();
    let _spy = Spy::new("fetchSpy(async () => stored())");
    let fired = js("[]");
    let watched = js_with(
        "((inner) => Object.fromEntries(Object.entries(inner).map(([name, function_]) => [name, (argument) => { argument.signal.addEventListener('abort', () => it.push(name)); return function_(argument) }])))(shop('http://silent.invalid').options)",
        &fired,
    );
    let to = js_with("({ kind: 's3', options: it })", &watched);
    let visit = Visit::begun(&js("file(3)"), &js_with("({ to: it })", &to));
    visit.success().await;
    drop(visit);
    assert_eq!(shown(&fired), "[]");
}

#[wasm_bindgen_test]
async fn functions_are_called_as_methods_of_their_object() {
    restore();
    let _spy = Spy::new("fetchSpy(async () => stored())");
    let to = js("shop('http://methods.invalid', { create() { return { uploadId: typeof this.sign, key: 'k' } } })");
    let result = Visit::begun(&js("file(3)"), &js_with("({ to: it })", &to)).success().await;
    assert_eq!(text(&result, "uploadId"), "function");
}

#[wasm_bindgen_test]
async fn metadata_may_be_a_function_of_the_file() {
    restore();
    let spy = Spy::new("fetchSpy(async () => new Response(null, { status: 400 }))");
    let options = js(
        "({ to: { kind: 's3', options: { endpoint: 'http://metadata.invalid/s3', metadata: (file) => ({ size: `${file.size}` }) } } })",
    );
    Visit::begun(&js("file(3)"), &options).failure().await;
    let body = soon(spy.read("it.requests[0].clone().json()"), || "a body".into()).await;
    assert_eq!(text(&get(&body, "metadata"), "size"), "3");
}

#[wasm_bindgen_test]
fn metadata_that_throws_is_refused_with_its_cause() {
    restore();
    for value in THROWN {
        let thrown = js(value);
        let service = js_with("({ endpoint: '/s3', metadata: () => { throw it } })", &thrown);
        let options = js_with("({ to: { kind: 's3', options: it } })", &service);
        let refused = Visit::new(&js("file(3)"), &options).err().expect("a refusal");
        assert_eq!(text(&refused, "code"), "callback", "{value}");
        assert!(text(&refused, "message").contains("metadata"), "{}", shown(&refused));
        assert!(is_same(&get(&refused, "cause"), &thrown), "{value}");
    }
}

#[wasm_bindgen_test]
fn metadata_that_is_no_text_is_refused_by_its_name() {
    restore();
    for given in ["{ a: 1 }", "{ a: 'ü' }", "() => ({ a: null })", "() => undefined", "1"] {
        let options = js(&format!("({{ to: {{ kind: 's3', options: {{ endpoint: '/s3', metadata: {given} }} }} }})"));
        let refused = Visit::new(&js("file(3)"), &options).err().expect("a refusal");
        assert_eq!(text(&refused, "code"), "options", "{given}");
        assert!(text(&refused, "message").contains("metadata"), "{}", shown(&refused));
    }
}

#[wasm_bindgen_test]
async fn an_aborted_upload_has_its_session_removed_by_the_apps_function() {
    restore();
    let _spy = Spy::new("fetchSpy((request) => held(request))");
    let removed = js("[]");
    let to = js_with(
        "shop('http://removed.invalid', { abort: ({ uploadId, key }) => void it.push(uploadId + key) })",
        &removed,
    );
    let visit = Visit::begun(&js("file(3)"), &merged(&[&js_with("({ to: it })", &to)]));
    visit.until("state uploading").await;
    visit.ask("abort");
    assert_eq!(text(&visit.failure().await, "code"), "aborted");
    visit.until("over").await;
    assert_eq!(Array::from(&removed).get(0).as_string().as_deref(), Some("uk"));
}
