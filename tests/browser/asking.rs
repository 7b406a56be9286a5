//! What is asked of a service beside uploads, where there is no file.

use super::stage::{Spy, get, js, js_with, restore, shown, soon, text};
use js_sys::Promise;
use upslice::js::{discard, enquire};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

/// How a promise of the module's ends: `{ given }` or `{ refused }`.
async fn outcome(promise: Promise) -> JsValue {
    let settled = js_with("it.then((given) => ({ given }), (refused) => ({ refused }))", &promise);
    soon(settled, || "nothing".into()).await
}

#[wasm_bindgen_test]
async fn headers_that_never_come_are_not_waited_for_for_ever() {
    restore();
    let _spy = Spy::new("(globalThis.setTimeout = (callback) => real.setTimeout(callback))");
    let to = js("({ kind: 'twelvelabs', options: { headers: () => new Promise(() => {}) } })");
    let outcome = outcome(enquire(to, None, 1)).await;
    assert_eq!(text(&get(&outcome, "refused"), "code"), "timeout", "{}", shown(&outcome));
}

/// They would be given a file without bytes or a name, and throw, or be believed.
#[wasm_bindgen_test]
async fn functions_of_the_file_are_not_called_where_there_is_none() {
    restore();
    let spy = Spy::new("fetchSpy(async () => json({ data: [], page_info: { total_page: 1 } }))");
    let metadata = "(file) => ({ name: file.name.slice(0, 9) })";
    let to = format!("({{ kind: 'twelvelabs', options: {{ userMetadata: {metadata}, headers: {{}} }} }})");
    let asked = outcome(enquire(js(&to), None, 1)).await;
    assert!(!get(&asked, "given").is_undefined(), "{}", shown(&asked));
    assert_eq!(spy.count("it.requests.length"), 1.0);
    drop(spy);

    let spy = Spy::new("fetchSpy(async () => new Response(null, { status: 204 }))");
    let base = "http://discarded.invalid/blobstore/v1/catalogs/c";
    let to = format!(
        "({{ kind: 'here', options: {{ baseUrl: '{base}', layerId: 'l', dataHandle: (file) => file.name.slice(0, 9), headers: {{}} }} }})"
    );
    let links = ["part", "complete", "status", "delete"].map(|name| format!("{name}: '{base}/layers/l/{name}'"));
    let written = format!(
        "({{ session: {{ {}, handle: 'h' }}, partSize: 5 * 2 ** 20, receipts: [], closing: false }})",
        links.join(", ")
    );
    let removed = outcome(discard(js(&to), js(&written))).await;
    assert!(get(&removed, "refused").is_undefined(), "{}", shown(&removed));
    assert_eq!(spy.read("it.requests[0].method").as_string().as_deref(), Some("DELETE"), "{}", shown(&removed));
}
