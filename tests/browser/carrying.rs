//! Parts on their way to the reference server, across origins.

use super::stage::{Spy, Visit, get, js, js_with, merged, number, restore, shown, soon, text};
use js_sys::Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

const FIVE: u32 = 5 << 20;

/// Options for the reference server.
fn to_server(more: &str) -> JsValue {
    let to = js("({ to: { kind: 's3', options: { endpoint: server + '/s3/multipart' } }, partSize: 5 * 2 ** 20 })");
    merged(&[&to, &js(more)])
}

/// The bytes that have arrived are those of the file: the store's ETags are the MD5 of what it has read.
async fn arrived_byte_for_byte(file: &JsValue, result: &JsValue) {
    let expected = soon(js_with(&format!("etags(it, {FIVE})"), file), || "the file could not be read".into()).await;
    let parts = Array::from(&get(result, "parts"));
    let etags: Vec<String> = parts.iter().map(|part| text(&part, "etag")).collect();
    let expected: Vec<String> = Array::from(&expected).iter().filter_map(|etag| etag.as_string()).collect();
    assert_eq!(etags, expected);
    assert!((number(result, "size") - number(file, "size")).abs() < 0.5);
    assert!(text(result, "location").starts_with("http"), "{}", shown(result));
}

#[wasm_bindgen_test]
fn the_instruments_know_md5() {
    restore();
    let abc = js("md5(new TextEncoder().encode('abc'))");
    assert_eq!(abc.as_string().as_deref(), Some("900150983cd24fb0d6963f7d28e17f72"));
    let long = js("md5(new TextEncoder().encode('1234567890'.repeat(8)))");
    assert_eq!(long.as_string().as_deref(), Some("57edf4a22be3c955ac49da2e2107b67a"));
}

#[wasm_bindgen_test]
async fn a_part_travels_by_fetch_byte_for_byte() {
    restore();
    let (fetches, xhrs) = (Spy::new("fetchSpy()"), Spy::new("xhrSpy()"));
    let file = js("file(5 * 2 ** 20 + 7)");
    let visit = Visit::begun(&file, &to_server("({ transport: 'fetch' })"));
    arrived_byte_for_byte(&file, &visit.success().await).await;
    let puts = fetches.count("it.requests.filter((request) => request.method === 'PUT').length");
    assert_eq!((puts, xhrs.count("it.sent.count")), (2.0, 0.0));
}

#[wasm_bindgen_test]
async fn a_part_travels_by_xhr_byte_for_byte() {
    restore();
    let (fetches, xhrs) = (Spy::new("fetchSpy()"), Spy::new("xhrSpy()"));
    let file = js("file(5 * 2 ** 20 + 7)");
    let visit = Visit::begun(&file, &to_server("({ transport: 'xhr' })"));
    arrived_byte_for_byte(&file, &visit.success().await).await;
    let puts = fetches.count("it.requests.filter((request) => request.method === 'PUT').length");
    assert_eq!((puts, xhrs.count("it.loaded.count")), (0.0, 2.0));
}

#[wasm_bindgen_test]
async fn an_empty_file_travels() {
    restore();
    let file = js("new Blob([])");
    for transport in ["fetch", "xhr"] {
        let visit = Visit::begun(&file, &to_server(&format!("({{ transport: '{transport}' }})")));
        let result = visit.success().await;
        assert_eq!(text(&Array::from(&get(&result, "parts")).get(0), "etag"), "\"d41d8cd98f00b204e9800998ecf8427e\"");
    }
}

#[wasm_bindgen_test]
async fn xhr_tells_progress_inside_a_part() {
    restore();
    let seen = js("[]");
    // What the upload says of itself just after the platform told its request how far the body is.
    let holder = js_with("({ seen: it })", &seen);
    let spy = Spy::with("xhrSpy((event) => it.seen.push([event.loaded, it.progress()]))", &holder);
    let visit = Visit::new(&js("file(5 * 2 ** 20)"), &to_server("({ transport: 'xhr' })")).expect("good options");
    let asked = visit.clone();
    let progress = Closure::<dyn Fn() -> JsValue>::new(move || asked.ask("progress"));
    js_with("Object.assign(it[0], { progress: it[1] })", &Array::of2(&holder, progress.as_ref()));
    visit.ask("begin");
    visit.success().await;
    let seen: Vec<Array> = Array::from(&seen).iter().map(|pair| Array::from(&pair)).collect();
    assert!(!seen.is_empty(), "the platform told of progress");
    let inside = seen.iter().filter(|pair| {
        let progress = pair.get(1);
        let sent = number(&progress, "sent");
        sent > 0.0 && sent < number(&progress, "total") && number(&progress, "partsStored") < 1.0
    });
    assert!(inside.count() > 0, "{}", shown(&Array::from_iter(seen.iter())));
    drop(spy);
}

#[wasm_bindgen_test]
async fn pausing_ends_every_fetch_and_resuming_sends_them_again() {
    restore();
    let spy = Spy::new(
        "fetchSpy((request, number) => request.method === 'PUT' && number <= 6 ? held(request) : real.fetch(request))",
    );
    let file = js("file(15 * 2 ** 20 + 1)");
    let visit = Visit::begun(&file, &to_server("({ transport: 'fetch' })"));
    // Create, sign, and four parts.
    spy.when("sent", 6).await;
    visit.ask("pause");
    spy.when("aborted", 4).await;
    assert_eq!(visit.ask("state").as_string().as_deref(), Some("paused"));
    assert_eq!(spy.count("it.inFlight"), 0.0);
    visit.ask("resume");
    arrived_byte_for_byte(&file, &visit.success().await).await;
}

#[wasm_bindgen_test]
async fn pausing_ends_every_xhr_and_resuming_sends_them_again() {
    restore();
    let spy = Spy::new("xhrSpy()");
    let file = js("file(15 * 2 ** 20 + 1)");
    let visit = Visit::begun(&file, &to_server("({ transport: 'xhr' })"));
    spy.when("sent", 4).await;
    visit.ask("pause");
    spy.when("aborted", 4).await;
    assert_eq!(visit.ask("state").as_string().as_deref(), Some("paused"));
    visit.ask("resume");
    arrived_byte_for_byte(&file, &visit.success().await).await;
    // Four, and four again; on a busy machine one may straggle, and have a second request.
    assert!(spy.count("it.sent.count") >= 8.0);
}

#[wasm_bindgen_test]
async fn a_redirect_of_an_api_request_is_not_followed_and_is_told() {
    restore();
    // What `redirect: manual` gives has status 0, and cannot be made by hand: an error response looks the same.
    let spy = Spy::new("fetchSpy(async () => Response.error())");
    let options = js("({ to: { kind: 's3', options: { endpoint: 'http://redirecting.invalid/s3' } } })");
    let failure = Visit::begun(&js("file(1)"), &options).failure().await;
    assert_eq!(text(&failure, "code"), "protocol");
    assert!(text(&failure, "message").contains("redirect"), "{}", shown(&failure));
    assert_eq!(spy.read("it.requests[0].redirect").as_string().as_deref(), Some("manual"));
    assert_eq!(spy.count("it.requests.length"), 1.0);
}

#[wasm_bindgen_test]
async fn again_goes_on_from_what_is_stored() {
    restore();
    let file = js("file(10 * 2 ** 20 + 5)");
    let spy = Spy::new(
        "fetchSpy((request) => request.url.includes('partNumber=2&') ? new Response(null, { status: 400 }) : real.fetch(request))",
    );
    let options = to_server("({ transport: 'fetch', concurrency: 1, retry: { limit: 0 } })");
    let first = Visit::begun(&file, &options);
    let failure = first.failure().await;
    assert_eq!((text(&failure, "code").as_str(), number(&failure, "part")), ("rejected", 2.0), "{}", shown(&failure));
    drop(spy);
    let spy = Spy::new("fetchSpy()");
    let second = first.again(&file, &options);
    drop(first);
    second.ask("begin");
    let result = second.success().await;
    assert_eq!(get(&result, "resumed"), JsValue::TRUE);
    arrived_byte_for_byte(&file, &result).await;
    assert_eq!(spy.count("it.requests.filter((request) => request.method === 'PUT').length"), 2.0);
}

#[wasm_bindgen_test]
async fn an_upload_that_the_service_has_forgotten_begins_anew() {
    restore();
    let file = js("file(5 * 2 ** 20 + 5)");
    let spy = Spy::new(
        "fetchSpy((request) => request.url.includes('partNumber=2&') ? new Response(null, { status: 400 }) : real.fetch(request))",
    );
    let options = to_server("({ transport: 'fetch', concurrency: 1 })");
    let first = Visit::begun(&file, &options);
    first.failure().await;
    drop(spy);
    let second = first.again(&file, &options);
    first.ask("abort");
    first.until("over").await;
    second.ask("begin");
    let result = second.success().await;
    assert_eq!(get(&result, "resumed"), JsValue::FALSE);
    assert_eq!(text(&second.all("notice")[0], "code"), "restarted");
    arrived_byte_for_byte(&file, &result).await;
}
