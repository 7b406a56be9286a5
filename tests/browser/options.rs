//! Options that are wrong, and options that bite.

use super::stage::{Visit, js, restore, shown, text};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

fn refused(options: &JsValue) -> JsValue {
    Visit::new(&js("file(3)"), options).err().unwrap_or_else(|| panic!("taken: {}", shown(options)))
}

fn named(refused: &JsValue, name: &str) {
    assert_eq!(text(refused, "code"), "options", "{}", shown(refused));
    assert!(text(refused, "message").starts_with(&format!("{name}: ")), "{name}: {}", shown(refused));
}

#[wasm_bindgen_test]
fn a_getter_that_throws_is_told_by_its_name() {
    restore();
    let names = [
        "to",
        "name",
        "type",
        "partSize",
        "concurrency",
        "checksum",
        "retry",
        "stallTimeout",
        "responseTimeout",
        "outageTimeout",
        "transport",
        "resumable",
        "handle",
        "worker",
        "onProgress",
    ];
    for thrown in ["'a string'", "null", "undefined", "Symbol('s')", "new Error('no')"] {
        for name in names {
            let options = format!(
                "Object.defineProperty({{ to: shop('http://a.invalid') }}, '{name}', {{ enumerable: true, get() {{ throw {thrown} }} }})"
            );
            named(&refused(&js(&options)), name);
        }
        for name in ["limit", "minDelay", "maxDelay"] {
            let options =
                format!("({{ to: shop('http://a.invalid'), retry: {{ get {name}() {{ throw {thrown} }} }} }})");
            named(&refused(&js(&options)), &format!("retry.{name}"));
        }
        for name in ["create", "sign", "complete", "list", "abort", "verify", "id"] {
            let to = format!(
                "{{ kind: 's3', options: Object.defineProperty(shop('http://a.invalid').options, '{name}', {{ enumerable: true, get() {{ throw {thrown} }} }}) }}"
            );
            named(&refused(&js(&format!("({{ to: {to} }})"))), name);
        }
        for name in ["headers", "credentials", "metadata"] {
            let to = format!("{{ kind: 's3', options: {{ endpoint: '/s3', get {name}() {{ throw {thrown} }} }} }}");
            named(&refused(&js(&format!("({{ to: {to} }})"))), name);
        }
        for name in ["kind", "options"] {
            let options = format!("({{ to: {{ ...shop('http://a.invalid'), get {name}() {{ throw {thrown} }} }} }})");
            named(&refused(&js(&options)), "to");
        }
    }
}

#[wasm_bindgen_test]
fn options_whose_names_cannot_be_read_are_refused() {
    restore();
    let closed = "new Proxy({}, { ownKeys() { throw 'no' }, get() { throw 'no' }, has() { throw 'no' } })";
    assert_eq!(text(&refused(&js(closed)), "code"), "options");
    assert_eq!(text(&refused(&js(&format!("({{ to: {closed} }})"))), "code"), "options");
    assert_eq!(text(&refused(&js(&format!("({{ to: {{ kind: 's3', options: {closed} }} }})"))), "code"), "options");
    assert_eq!(
        text(&refused(&js(&format!("({{ to: shop('http://a.invalid'), retry: {closed} }})"))), "code"),
        "options"
    );
}

#[wasm_bindgen_test]
fn a_wrong_option_is_told_by_its_name() {
    restore();
    for (name, value) in [
        ("partSize", "0"),
        ("partSize", "1.5"),
        ("partSize", "NaN"),
        ("partSize", "Infinity"),
        ("partSize", "'5'"),
        ("partSize", "5n"),
        ("partSize", "null"),
        ("partSize", "1024"),
        ("concurrency", "-1"),
        ("checksum", "'crc7'"),
        ("retry", "3"),
        ("stallTimeout", "-1"),
        ("stallTimeout", "Infinity"),
        ("transport", "'pigeon'"),
        ("resumable", "'yes'"),
        ("handle", "{}"),
        ("worker", "5"),
        ("worker", "null"),
        ("worker", "{}"),
        ("worker", "'/worker.js'"),
        ("name", "5"),
        ("onProgress", "5"),
        ("unheardOf", "undefined"),
    ] {
        named(&refused(&js(&format!("({{ to: shop('http://a.invalid'), {name}: {value} }})"))), name);
    }
    for (name, value) in [("scope", "5"), ("maxAge", "-1"), ("forEver", "true")] {
        let options = js(&format!("({{ to: shop('http://a.invalid'), resumable: {{ {name}: {value} }} }})"));
        named(&refused(&options), &format!("resumable.{name}"));
    }
    for endpoint in
        ["''", "'/s3?'", "'/s3?a'", "'/s3#'", "'ftp://a/s3'", "'http://u@a/s3'", "'http://:p@a/s3'", "5", "'http://'"]
    {
        named(&refused(&js(&format!("({{ to: {{ kind: 's3', options: {{ endpoint: {endpoint} }} }} }})"))), "endpoint");
    }
    for options in
        ["undefined", "null", "5", "'text'", "Symbol('s')", "{}", "[]", "({ to: 5 })", "({ to: { kind: 'pigeon' } })"]
    {
        let refused = refused(&js(options));
        assert_eq!(text(&refused, "code"), "options", "{options}");
    }
}

#[wasm_bindgen_test]
fn zero_and_the_defaults_are_taken() {
    restore();
    for options in [
        "stallTimeout: 0, responseTimeout: 0, outageTimeout: 0, retry: { limit: 0, minDelay: 0, maxDelay: 0 }",
        "partSize: 'auto', concurrency: 'auto', checksum: 'auto', transport: 'auto', resumable: false, worker: undefined",
        "resumable: true, handle: { getFile() {} }",
        "worker: false",
        "worker: true",
        "worker: new URL('http://a.invalid/worker.js')",
        "worker: () => {}",
        "resumable: { scope: 'me', maxAge: 5 }",
        "name: '', type: '', retry: {}, stallTimeout: 8e15, outageTimeout: 1e-9",
    ] {
        let taken = Visit::new(&js("file(3)"), &js(&format!("({{ to: shop('http://a.invalid'), {options} }})")));
        assert!(taken.is_ok(), "{options}: {}", taken.err().map(|refused| shown(&refused)).unwrap_or_default());
    }
}

#[wasm_bindgen_test]
fn what_a_destination_lacks_is_told_by_its_name() {
    restore();
    let here = "baseUrl: 'https://h.invalid/c', layerId: 'l', dataHandle: 'h'";
    let functions = "create() {}, part() {}, complete() {}";
    for (kind, fields, name) in [
        ("twelvelabs", "type: 'film'".to_owned(), "type"),
        ("twelvelabs", "baseUrl: 'https://t.invalid/?key=secret'".into(), "baseUrl"),
        ("twelvelabs", "userMetadata: 5".into(), "userMetadata"),
        ("here", "layerId: 'l', dataHandle: 'h'".into(), "baseUrl"),
        ("here", "baseUrl: 'https://h.invalid/c', dataHandle: 'h'".into(), "layerId"),
        ("here", "baseUrl: 'https://h.invalid/c', layerId: 'l', dataHandle: 'a b'".into(), "dataHandle"),
        ("here", "baseUrl: 'https://h.invalid/c', layerId: 'l', dataHandle: '..'".into(), "dataHandle"),
        ("here", "baseUrl: 'https://h.invalid/c', layerId: 'l', dataHandle: () => 5".into(), "dataHandle"),
        ("here", "baseUrl: 'https://h.invalid/c', layerId: '..', dataHandle: 'h'".into(), "layerId"),
        ("veza", "baseUrl: 'https://v.invalid', providerId: '..', dataSourceId: 'd'".into(), "providerId"),
        ("veza", "baseUrl: 'https://v.invalid', providerId: 'p', dataSourceId: '.'".into(), "dataSourceId"),
        ("gjirafa", "baseUrl: 'https://g.invalid', projectId: '..'".into(), "projectId"),
        ("here", format!("{here}, billingTag: 'abc'"), "billingTag"),
        ("here", format!("{here}, contentEncoding: 'br'"), "contentEncoding"),
        ("here", format!("{here}, onFailedPart: 'hope'"), "onFailedPart"),
        ("here", format!("{here}, origins: 'https://o.invalid'"), "origins"),
        ("here", format!("{here}, origins: ['o.invalid']"), "origins"),
        ("custom", "part() {}, complete() {}".into(), "create"),
        ("custom", format!("{functions}, body: 'morse'"), "body"),
        ("custom", format!("{functions}, limits: 5"), "limits"),
        ("custom", format!("{functions}, limits: {{ maxParts: 0 }}"), "limits.maxParts"),
        ("custom", format!("{functions}, limits: {{ minPartSize: 9, maxPartSize: 8 }}"), "limits.maxPartSize"),
        ("custom", format!("{functions}, remember() {{}}"), "remember"),
        ("custom", format!("{functions}, remember() {{}}, recall() {{}}"), "remember"),
        ("custom", format!("{functions}, verify() {{}}"), "verify"),
    ] {
        named(&refused(&js(&format!("({{ to: {{ kind: '{kind}', options: {{ {fields} }} }} }})"))), name);
    }
}
