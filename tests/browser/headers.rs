//! Headers of the app: for the service's API, asked for every time, and nowhere else.

use super::stage::{Spy, Visit, get, js, js_with, restore, shown, text};
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

/// A backend that speaks like Companion, at one origin with its store at another.
const BACKEND: &str = "fetchSpy(async (request) => {
    const url = new URL(request.url);
    if (request.method === 'PUT') return stored();
    if (url.pathname.endsWith('/complete')) return json({ location: 'http://store.invalid/k' });
    if (request.method === 'POST') return json({ uploadId: 'u', key: 'k' });
    return json({ url: 'http://headers-store.invalid/k', expires: 600 });
})";

fn options(headers: &JsValue) -> JsValue {
    js_with("({ to: { kind: 's3', options: { endpoint: 'http://headers.invalid/s3', headers: it } } })", headers)
}

#[wasm_bindgen_test]
async fn a_headers_function_is_asked_again_for_every_request_and_for_no_part() {
    restore();
    let spy = Spy::new(BACKEND);
    let asked = js("({ times: 0 })");
    let headers = js_with("async () => ({ Authorization: `Bearer ${++it.times}` })", &asked);
    Visit::begun(&js("file(3)"), &options(&headers)).success().await;
    let sent = spy.read("it.requests.map((request) => [request.method, request.headers.get('authorization')])");
    let expected = r#"[["POST","Bearer 1"],["GET","Bearer 2"],["PUT",null],["POST","Bearer 3"]]"#;
    assert_eq!(shown(&sent), expected);
}

#[wasm_bindgen_test]
async fn fixed_headers_go_with_every_request_and_with_no_part() {
    restore();
    let spy = Spy::new(BACKEND);
    Visit::begun(&js("file(3)"), &options(&js("({ 'X-Key': 'k', 'X-Nothing': undefined })"))).success().await;
    let sent =
        spy.read("it.requests.map((request) => [request.headers.get('x-key'), request.headers.has('x-nothing')])");
    assert_eq!(shown(&sent), r#"[["k",false],["k",false],[null,false],["k",false]]"#);
}

#[wasm_bindgen_test]
async fn a_headers_function_that_throws_is_the_cause() {
    restore();
    let spy = Spy::new(BACKEND);
    for value in ["'no'", "null", "undefined", "Symbol('s')"] {
        let thrown = js(value);
        for way in ["() => { throw it }", "async () => { throw it }"] {
            let failure = Visit::begun(&js("file(3)"), &options(&js_with(way, &thrown))).failure().await;
            assert_eq!(text(&failure, "code"), "callback", "{value} {way}");
            assert!(text(&failure, "message").contains("headers"), "{}", shown(&failure));
            assert!(Reflect::has(&failure, &"cause".into()).unwrap());
            assert!(Object::is(&get(&failure, "cause"), &thrown), "{value} {way}");
        }
    }
    assert_eq!(spy.count("it.requests.length"), 0.0);
}

#[wasm_bindgen_test]
async fn a_value_that_is_no_text_is_told_by_its_name_and_nothing_is_sent() {
    restore();
    let spy = Spy::new(BACKEND);
    for given in ["({ 'X-Key': 5 })", "({ 'X-Key': null })", "({ 'X-Key': ['a'] })", "({ 'X-Key': { a: 1 } })"] {
        let failure = Visit::begun(&js("file(3)"), &options(&js(&format!("() => {given}")))).failure().await;
        assert_eq!(text(&failure, "code"), "protocol", "{given}");
        assert!(text(&failure, "message").contains("X-Key"), "{given} {}", shown(&failure));
        let refused = Visit::new(&js("file(3)"), &options(&js(given))).err().expect("a refusal");
        assert_eq!(text(&refused, "code"), "options", "{given}");
        assert!(text(&refused, "message").contains("headers.X-Key"), "{given} {}", shown(&refused));
    }
    for given in ["() => undefined", "() => 'text'", "() => 5n", "() => ['X-Key', 'k']"] {
        let failure = Visit::begun(&js("file(3)"), &options(&js(given))).failure().await;
        assert_eq!(text(&failure, "code"), "protocol", "{given}");
    }
    assert_eq!(spy.count("it.requests.length"), 0.0);
}

#[wasm_bindgen_test]
async fn the_platforms_own_headers_are_headers() {
    restore();
    let spy = Spy::new(BACKEND);
    for given in ["new Headers({ 'X-Key': 'k' })", "() => new Headers({ 'X-Key': 'k' })"] {
        Visit::begun(&js("file(3)"), &options(&js(given))).success().await;
    }
    let sent = spy.read("it.requests.map((request) => request.headers.get('x-key'))");
    assert_eq!(shown(&sent), r#"["k","k",null,"k","k","k",null,"k"]"#);
}

#[wasm_bindgen_test]
async fn a_value_that_http_cannot_carry_is_not_shown() {
    restore();
    let _spy = Spy::new(BACKEND);
    for given in [
        "() => ({ 'X-Key': 'secret\\u0000' })",
        "() => ({ 'X-Key': 'secret\\u0416' })",
        "() => ({ 'X Key': 'secret' })",
    ] {
        let failure = Visit::begun(&js("file(3)"), &options(&js(given))).failure().await;
        let message = text(&failure, "message");
        assert_eq!(text(&failure, "code"), "protocol", "{given}");
        assert!(message.contains("Key") && !message.contains("secret"), "{message}");
    }
}

#[wasm_bindgen_test]
async fn credentials_go_to_the_api_and_nowhere_else() {
    restore();
    let spy = Spy::new(BACKEND);
    let options = js(
        "({ to: { kind: 's3', options: { endpoint: 'http://headers.invalid/s3', credentials: 'include' } }, transport: 'fetch' })",
    );
    Visit::begun(&js("file(3)"), &options).success().await;
    let sent = spy.read("it.requests.map((request) => [request.credentials, request.redirect])");
    let expected: Array =
        js("[['include','manual'],['include','manual'],['same-origin','follow'],['include','manual']]").into();
    assert_eq!(shown(&sent), shown(&expected));
}
