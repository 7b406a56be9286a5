//! Uploads of one page share what the browser gives an origin.

use super::stage::{Spy, Visit, js, js_with, restore};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn two_uploads_at_once_share_six() {
    restore();
    let answers = js("[]");
    let spy = Spy::with("fetchSpy(() => new Promise((resolve) => it.push(() => resolve(stored()))))", &answers);
    let options = || js("({ to: shop('http://shared.invalid'), partSize: 5 * 2 ** 20, transport: 'fetch' })");
    let file = js("new Blob([new Uint8Array(40 * 2 ** 20)])");
    let (first, second) = (Visit::begun(&file, &options()), Visit::begun(&file, &options()));
    let mut answered = 0;
    while answered < 16 {
        spy.when("sent", (answered + 6).min(16)).await;
        assert!(spy.count("it.inFlight") <= 6.0);
        js_with("it.shift()()", &answers);
        answered += 1;
    }
    first.success().await;
    second.success().await;
    assert_eq!((spy.count("it.most"), spy.count("it.requests.length")), (6.0, 16.0));
}

#[wasm_bindgen_test]
async fn an_upload_that_is_thrown_away_leaves_its_share_to_the_other() {
    restore();
    let spy = Spy::new("fetchSpy((request) => held(request))");
    let options = || js("({ to: shop('http://left.invalid'), partSize: 5 * 2 ** 20, transport: 'fetch' })");
    let file = js("new Blob([new Uint8Array(40 * 2 ** 20)])");
    let first = Visit::begun(&file, &options());
    spy.when("sent", 6).await;
    let second = Visit::begun(&file, &options());
    second.until("state queued").await;
    drop(first);
    spy.when("aborted", 6).await;
    spy.when("sent", 12).await;
    assert_eq!(spy.count("it.most"), 6.0);
    drop(second);
    spy.when("aborted", 12).await;
}
