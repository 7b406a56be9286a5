//! A platform that the page, or an extension, has laid hands on.

use super::stage::{Spy, Visit, call, js, js_with, number, restore, shown, text};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

/// Two attempts, and no patience.
const HASTY: &str = "retry: { limit: 1, minDelay: 0, maxDelay: 0 }, outageTimeout: 0";

/// What a page's own fetch does, and the codes that may end an upload for it.
const FETCHES: [(&str, &[&str]); 22] = [
    ("Promise.reject('a string')", &["network"]),
    ("Promise.reject(undefined)", &["network"]),
    ("Promise.reject(null)", &["network"]),
    ("Promise.reject(Symbol('s'))", &["network"]),
    ("Promise.reject({ get message() { throw 1 } })", &["network"]),
    ("(() => { throw 'at once' })()", &["network"]),
    ("(() => { throw undefined })()", &["network"]),
    ("undefined", &["protocol"]),
    ("5", &["protocol"]),
    ("({})", &["protocol"]),
    ("({ then: 5 })", &["protocol"]),
    ("({ get then() { throw 1 } })", &["network"]),
    ("Object.defineProperty(Promise.resolve(), 'then', { get() { throw 1 } })", &["network"]),
    ("Promise.resolve(undefined)", &["protocol"]),
    ("Promise.resolve(null)", &["protocol"]),
    ("Promise.resolve('OK')", &["protocol"]),
    ("Promise.resolve({ status: 200 })", &["protocol"]),
    ("Promise.resolve({ get status() { throw 1 } })", &["protocol"]),
    ("Promise.resolve({ status: 200, headers: { etag: 'e' }, text: async () => '' })", &["protocol"]),
    ("Promise.resolve({ status: 200, headers: new Headers(), text: async () => 5 })", &["protocol"]),
    ("Promise.resolve({ status: 200, headers: new Headers(), text() { throw 1 } })", &["network"]),
    ("Promise.resolve({ status: 200, headers: new Headers(), text: () => Promise.reject(1) })", &["network"]),
];

#[wasm_bindgen_test]
async fn a_fetch_that_does_anything_with_a_part_ends_the_upload() {
    restore();
    for (at, (outcome, codes)) in FETCHES.iter().enumerate() {
        let _spy = Spy::new(&format!("fetchSpy(() => {outcome})"));
        let options = js(&format!("({{ to: shop('http://part{at}.invalid'), transport: 'fetch', {HASTY} }})"));
        let failure = Visit::begun(&js("file(3)"), &options).failure().await;
        assert!(codes.contains(&text(&failure, "code").as_str()), "{outcome}: {}", shown(&failure));
    }
}

#[wasm_bindgen_test]
async fn a_fetch_that_does_anything_with_an_api_request_ends_the_upload() {
    restore();
    for (at, (outcome, codes)) in FETCHES.iter().enumerate() {
        let _spy = Spy::new(&format!("fetchSpy(() => {outcome})"));
        let options =
            js(&format!("({{ to: {{ kind: 's3', options: {{ endpoint: 'http://api{at}.invalid/s3' }} }}, {HASTY} }})"));
        let failure = Visit::begun(&js("file(3)"), &options).failure().await;
        assert!(codes.contains(&text(&failure, "code").as_str()), "{outcome}: {}", shown(&failure));
    }
}

#[wasm_bindgen_test]
async fn an_answer_of_the_pages_own_making_is_an_answer() {
    restore();
    // As interceptors and polyfills give it: no Response of this realm, but everything that one has.
    let _spy = Spy::new(
        "fetchSpy(async () => ({ status: 200, headers: new Map([['ETag', '\"made\"']]), text: async () => '' }))",
    );
    let result = Visit::begun(&js("file(3)"), &js("({ to: shop('http://made.invalid') })")).success().await;
    assert!(shown(&result).contains("made"), "{}", shown(&result));
}

#[wasm_bindgen_test]
async fn an_answer_that_breaks_off_is_sent_again() {
    restore();
    let spy = Spy::new(
        "fetchSpy(async (request, number) => number > 1 ? stored() : ({ status: 200, headers: new Headers({ etag: 'e' }), text: () => Promise.reject(new TypeError('broken off')) }))",
    );
    let options = js("({ to: shop('http://broken.invalid'), retry: { minDelay: 0, maxDelay: 0 } })");
    Visit::begun(&js("file(3)"), &options).success().await;
    assert_eq!(spy.count("it.requests.length"), 2.0);
}

/// Zone.js and its like run hooks of the app when a timer is set.
#[wasm_bindgen_test]
async fn a_page_may_call_us_from_its_own_set_timeout() {
    restore();
    let _spy =
        Spy::new("fetchSpy(async (request, number) => number > 1 ? stored() : new Response(null, { status: 500 }))");
    let options = js("({ to: shop('http://zoned.invalid'), retry: { minDelay: 20, maxDelay: 20 } })");
    let visit = Visit::new(&js("file(3)"), &options).expect("good options");
    let (asked, called) = (visit.clone(), Rc::new(Cell::new(0)));
    let calls = Rc::clone(&called);
    let hook = Closure::<dyn Fn()>::new(move || {
        calls.set(calls.get() + 1);
        asked.ask("pause");
        asked.ask("progress");
        asked.ask("resume");
    });
    js_with(
        "globalThis.setTimeout = (...given) => { if (!it.busy) { it.busy = true; it(); it.busy = false } return real.setTimeout(...given) }",
        hook.as_ref(),
    );
    visit.ask("begin");
    visit.success().await;
    restore();
    assert!(called.get() > 0);
}

#[wasm_bindgen_test]
async fn a_page_whose_timers_throw_uploads_all_the_same() {
    restore();
    let _spy = Spy::new("fetchSpy(async () => stored())");
    js("globalThis.setTimeout = globalThis.clearTimeout = () => { throw 'no timers' }");
    let visit = Visit::begun(&js("file(3)"), &js("({ to: shop('http://timerless.invalid') })"));
    visit.success().await;
    restore();
}

/// Node has none.
#[wasm_bindgen_test]
async fn a_place_without_global_listeners_uploads_all_the_same() {
    restore();
    let _spy = Spy::new("fetchSpy(async () => stored())");
    js("globalThis.addEventListener = globalThis.removeEventListener = undefined");
    Visit::begun(&js("file(3)"), &js("({ to: shop('http://deaf.invalid') })")).success().await;
    restore();
}

#[wasm_bindgen_test]
async fn the_networks_return_makes_a_waiting_upload_try_at_once() {
    restore();
    let spy = Spy::new(
        "fetchSpy(async (request, number) => { if (number === 1) throw new TypeError('offline'); return stored() })",
    );
    // Without the event, the next try is a quarter of a minute away.
    let options = js("({ to: shop('http://returning.invalid'), retry: { minDelay: 15000 } })");
    let visit = Visit::begun(&js("file(3)"), &options);
    visit.until("state offline").await;
    let timers = Spy::new("timerSpy()");
    let before = js("performance.now()").as_f64().unwrap();
    call(&js("globalThis"), "dispatchEvent", &[js("new Event('online')")]).expect("an event");
    spy.when("sent", 2).await;
    visit.success().await;
    assert!(js("performance.now()").as_f64().unwrap() - before < 10_000.0);
    drop(timers);
}

#[wasm_bindgen_test]
async fn an_upload_that_ends_while_the_networks_return_is_told() {
    restore();
    let _spy = Spy::new("fetchSpy(async () => { throw new TypeError('offline') })");
    let listeners = Spy::new("listenerSpy()");
    let visit = Visit::begun(&js("file(3)"), &js("({ to: shop('http://ending.invalid') })"));
    visit.until("state offline").await;
    visit.act(|visit, told, detail| {
        if told == "state" && text(detail, "state") != "offline" {
            visit.ask("abort");
        }
    });
    assert_eq!(listeners.count("it.online.size"), 1.0);
    call(&js("globalThis"), "dispatchEvent", &[js("new Event('online')")]).expect("an event");
    visit.ask("abort");
    visit.until("over").await;
    assert_eq!(listeners.count("it.online.size"), 0.0);
    assert!((number(&listeners.read("it"), "added") - 1.0).abs() < 0.5);
}
