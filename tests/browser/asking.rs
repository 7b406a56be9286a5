//! What is asked of a service beside uploads, where there is no file.

use super::stage::{Spy, get, js, js_with, restore, shown, soon, text};
use js_sys::Promise;
use upslice::js::enquire;
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
