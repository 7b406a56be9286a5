//! Files that cannot be read any more, things that only look like files, and files that are large.

use super::stage::{Spy, Visit, get, js, js_with, number, restore, shown, soon, text};
use js_sys::Array;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn an_unreadable_file_is_file_changed() {
    restore();
    let readings = [
        "Promise.reject(new DOMException('gone', 'NotReadableError'))",
        "Promise.reject(undefined)",
        "Promise.resolve(new ArrayBuffer(0))",
        "Promise.resolve(undefined)",
        "undefined",
        "(() => { throw null })()",
    ];
    for (at, reading) in readings.iter().enumerate() {
        let spy = Spy::new("fetchSpy(async () => { throw new TypeError('network') })");
        let file = js(&format!(
            "(() => {{ const it = file(3); it.slice = (...given) => Object.assign(Blob.prototype.slice.apply(it, given), {{ arrayBuffer: () => {reading} }}); return it }})()"
        ));
        let options = js(&format!("({{ to: shop('http://unreadable{at}.invalid') }})"));
        let failure = Visit::begun(&file, &options).failure().await;
        assert_eq!(text(&failure, "code"), "file-changed", "{reading}: {}", shown(&failure));
        assert_eq!(number(&failure, "part"), 1.0);
        assert_eq!(spy.count("it.requests.length"), 1.0);
    }
}

/// The file, whose slices' streams are what `stream` says.
fn streaming(stream: &str) -> JsValue {
    js(&format!(
        "(() => {{ const it = file(2_000_000); it.slice = (...given) => Object.assign(Blob.prototype.slice.apply(it, given), {{ stream: {stream} }}); return it }})()"
    ))
}

/// An upload of it, and what its part is signed with.
fn digested(file: &JsValue) -> (Visit, JsValue) {
    digested_by("crc32c", file)
}

fn digested_by(algorithm: &str, file: &JsValue) -> (Visit, JsValue) {
    let (visit, signed) = prepared(algorithm, file);
    visit.ask("begin");
    (visit, signed)
}

/// The same, by a worker that gives so many bytes.
fn employing(algorithm: &str, file: &JsValue, bytes: u32) -> (Visit, JsValue) {
    let (visit, signed) = prepared(algorithm, file);
    visit.employ(&js(&format!("({{ take: async () => new Uint8Array({bytes}) }})")));
    visit.ask("begin");
    (visit, signed)
}

fn prepared(algorithm: &str, file: &JsValue) -> (Visit, JsValue) {
    let signed = js_with("({ algorithm: it })", &algorithm.into());
    let options = js_with(
        "({ checksum: it.algorithm, partSize: 9_000_000, to: shop('http://streamed.invalid', { sign: async ({ parts: [part] }) => { it.digest = part.checksum.value; return [{ partNumber: 1, url: 'http://streamed.invalid/1', expiresIn: 600 }] } }) })",
        &signed,
    );
    (Visit::new(file, &options).expect("good options"), signed)
}

#[wasm_bindgen_test]
async fn bytes_come_by_windows_where_a_blob_is_no_stream_of_them() {
    restore();
    let _spy = Spy::new("fetchSpy(async () => stored())");
    let (visit, expected) = digested(&js("file(2_000_000)"));
    visit.success().await;
    for stream in [
        "undefined",
        "() => { throw null }",
        "() => undefined",
        "() => ({ getReader() { throw new TypeError('no bytes') } })",
        "() => new ReadableStream({ start(it) { it.enqueue(new Uint8Array(3)) } })",
    ] {
        let (visit, signed) = digested(&streaming(stream));
        visit.success().await;
        assert_eq!(text(&signed, "digest"), text(&expected, "digest"), "{stream}");
    }
}

/// The platform may have begun to read it, into its own memory.
#[wasm_bindgen_test]
async fn a_stream_that_has_no_such_reader_is_called_off() {
    restore();
    let _spy = Spy::new("fetchSpy(async () => stored())");
    let seen = js("({ made: 0, cancelled: 0 })");
    let file = js_with(
        "((blob) => { blob.slice = (...given) => Object.assign(Blob.prototype.slice.apply(blob, given), { stream: () => { it.made += 1; return { getReader() { throw new TypeError('no bytes') }, cancel() { it.cancelled += 1; return Promise.reject(new TypeError('cancelled')) } } } }); return blob })(file(2_000_000))",
        &seen,
    );
    let (visit, _) = digested(&file);
    visit.success().await;
    assert_eq!(shown(&seen), r#"{"made":1,"cancelled":1}"#);
}

#[wasm_bindgen_test]
async fn a_part_for_which_there_is_no_buffer_is_read_all_the_same() {
    restore();
    let file = js("file(9_000_000)");
    let mut digests = Vec::new();
    for room in ["class { constructor() { throw new RangeError('no room') } }", "real.ArrayBuffer"] {
        let _spy = Spy::new("fetchSpy(async () => stored())");
        js(&format!("globalThis.ArrayBuffer = {room}"));
        let (visit, signed) = digested_by("sha256", &file);
        visit.success().await;
        digests.push(text(&signed, "digest"));
    }
    assert_eq!(digests[0], digests[1]);
}

/// It would stay for the life of the page.
#[wasm_bindgen_test]
async fn a_large_buffer_is_not_kept_for_later_uploads() {
    restore();
    let _spy = Spy::new("fetchSpy(async () => stored())");
    let made = Spy::new(
        "(() => { const sizes = []; globalThis.ArrayBuffer = class extends real.ArrayBuffer { constructor(size) { super(size); sizes.push(size) } }; return sizes })()",
    );
    let file = js(
        "((blob) => { blob.slice = (...given) => { const slice = Blob.prototype.slice.apply(blob, given); return Object.assign(slice, { stream: () => ({ getReader: () => ({ read: async (view) => ({ value: view }), cancel() {} }) }) }) }; return blob })(file(9_000_000))",
    );
    for uploads in 1..=2 {
        digested_by("sha256", &file).0.success().await;
        assert_eq!(made.count("it.filter((size) => size === 9_000_000).length"), f64::from(uploads));
    }
}

#[wasm_bindgen_test]
async fn a_workers_digest_of_another_length_is_made_here() {
    restore();
    let _spy = Spy::new("fetchSpy(async () => stored())");
    let file = js("file(2_000_000)");
    // Not MD5: as it is compiled for tests, WebKit now and then gets the first one of a page wrong.
    for (algorithm, size) in [("crc32c", 4), ("crc64nvme", 8)] {
        let (visit, expected) = digested_by(algorithm, &file);
        visit.success().await;
        for given in [0, size - 1, size, size + 1] {
            let (visit, signed) = employing(algorithm, &file, given);
            visit.success().await;
            let is_taken = text(&signed, "digest") != text(&expected, "digest");
            assert_eq!(is_taken, given == size, "{given} bytes of {algorithm}");
        }
    }
}

/// What is digested instead would be compared with what is sent, and nobody would know why they differ.
#[wasm_bindgen_test]
async fn a_stream_that_is_not_of_the_files_bytes_is_file_changed() {
    restore();
    let _spy = Spy::new("fetchSpy(async () => stored())");
    for read in [
        "() => { throw null }",
        "() => undefined",
        "async () => { throw new TypeError('network error') }",
        "async () => ({ done: true, value: undefined })",
        "async (view) => ({ done: true, value: new Uint8Array(view.buffer, 0, 0) })",
        "async () => ({ done: false, value: new Uint8Array(3) })",
        "async () => ({ done: false, value: new Uint8Array(5_000_000) })",
        "async () => ({ done: false, value: 'abc' })",
        "async () => ({ done: false, value: { byteLength: 400_000, buffer: { byteLength: 768 * 1024 } } })",
    ] {
        let stream = format!("() => ({{ getReader: () => ({{ read: {read}, cancel() {{ throw null }} }}) }})");
        let (visit, _) = digested(&streaming(&stream));
        assert_eq!(text(&visit.failure().await, "code"), "file-changed", "{read}");
    }
}

/// Which parts of six are being encoded while no reading ends, after `windows` of them have begun; all are stored once
/// readings end.
async fn encoded_at_once(part_size: u32, windows: u32) -> String {
    restore();
    let _spy = Spy::new("fetchSpy(async () => stored())");
    let file = Spy::new(&format!(
        "((it) => {{ it.begun = tally(); it.parts = new Set(); it.gate = new Promise((open) => (it.open = open)); \
         it.slice = (start, end) => {{ const slice = Blob.prototype.slice.call(it, start, end); \
         const read = async () => {{ it.parts.add(1 + Math.floor(start / {part_size})); it.begun.add(); await it.gate; return Blob.prototype.arrayBuffer.call(slice) }}; \
         return Object.assign(slice, {{ stream: undefined, arrayBuffer: read }}) }}; return it }})(file(6 * {part_size}))"
    ));
    let options = js(&format!(
        "({{ partSize: {part_size}, concurrency: 6, to: {{ kind: 'custom', options: {{ body: 'base64-json', \
         create: () => ({{ session: 0 }}), part: (_, {{ number }}) => ({{ url: `http://read.invalid/${{number}}` }}), complete() {{}} }} }} }})"
    ));
    let visit = Visit::begun(&file.read("it"), &options);
    file.when("begun", windows).await;
    // Whatever else is to be read begins in this task, or in one that is waiting already.
    soon(js("new Promise((resolve) => real.setTimeout(resolve))"), String::new).await;
    let parts = shown(&file.read("[...it.parts].sort()"));
    file.read("it.open()");
    let result = visit.success().await;
    assert_eq!(Array::from(&get(&result, "parts")).length(), 6);
    parts
}

/// Otherwise all would be ready at the same time, and nothing be sent before.
#[wasm_bindgen_test]
async fn large_parts_are_encoded_two_at_once_and_in_their_order() {
    assert_eq!(encoded_at_once(5 << 20, 6).await, "[1,2]");
}

#[wasm_bindgen_test]
async fn small_parts_are_encoded_all_at_once() {
    assert_eq!(encoded_at_once(500_000, 6).await, "[1,2,3,4,5,6]");
}

#[wasm_bindgen_test]
async fn a_readable_file_is_not_to_blame_for_the_network() {
    restore();
    let _spy = Spy::new("fetchSpy(async () => { throw new TypeError('network') })");
    let options = js("({ to: shop('http://readable.invalid'), outageTimeout: 0 })");
    let failure = Visit::begun(&js("file(3)"), &options).failure().await;
    assert_eq!(text(&failure, "code"), "network");
}

/// What is sent instead would be stored, and nobody would know.
#[wasm_bindgen_test]
async fn a_slice_that_is_none_is_never_sent() {
    restore();
    for slice in
        ["() => { throw null }", "() => undefined", "() => 'abc'", "() => ({ size: 3 })", "() => new Blob(['ab'])"]
    {
        for transport in ["fetch", "xhr"] {
            let fetches = Spy::new("fetchSpy(async () => stored())");
            let xhrs = Spy::new("xhrSpy()");
            let file = js(&format!("Object.assign(file(3), {{ slice: {slice} }})"));
            let options = js(&format!("({{ to: shop('http://sliced.invalid'), transport: '{transport}' }})"));
            let failure = Visit::begun(&file, &options).failure().await;
            assert_eq!(text(&failure, "code"), "file-changed", "{slice}: {}", shown(&failure));
            assert_eq!((fetches.count("it.requests.length"), xhrs.count("it.sent.count")), (0.0, 0.0), "{slice}");
        }
    }
}

#[wasm_bindgen_test]
fn what_only_looks_like_a_file_is_refused() {
    restore();
    let ducks = [
        "({ size: 3, slice() { return this } })",
        "new Proxy(file(3), {})",
        "Object.create(Blob.prototype)",
        "Object.create(file(3))",
        "new Uint8Array(3)",
        "'text'",
        "null",
        "undefined",
        "({ get size() { throw 1 }, slice() {} })",
    ];
    for duck in ducks {
        let refused = Visit::new(&js(duck), &js("({ to: shop('http://a.invalid') })")).err();
        let refused = refused.unwrap_or_else(|| panic!("taken: {duck}"));
        assert_eq!(text(&refused, "code"), "options", "{duck}");
        assert!(text(&refused, "message").starts_with("file: "), "{}", shown(&refused));
    }
}

#[wasm_bindgen_test]
async fn a_files_name_and_type_that_cannot_be_read_are_the_defaults() {
    restore();
    let asked = js("({})");
    let _spy = Spy::new("fetchSpy(async () => stored())");
    let to = js_with(
        "shop('http://nameless.invalid', { create: ({ name, type, size }) => { Object.assign(it, { name, type, size }); return { uploadId: 'u', key: 'k' } } })",
        &asked,
    );
    let file = js(
        "Object.defineProperties(file(3), { name: { get() { throw 1 } }, type: { get() { throw 1 } }, size: { get() { throw 1 } } })",
    );
    Visit::begun(&file, &js_with("({ to: it })", &to)).success().await;
    assert_eq!(shown(&asked), r#"{"name":"blob","type":"application/octet-stream","size":3}"#);
}

#[wasm_bindgen_test]
async fn a_file_over_four_gibibytes_is_cut_exactly() {
    restore();
    let _spy = Spy::new("fetchSpy(async () => stored())");
    // One block, many times: the platform keeps references.
    let file = js(
        "((block) => { const it = new Blob(Array(80).fill(block)); it.cuts = []; it.slice = (start, end) => (it.cuts.push([start, end]), Blob.prototype.slice.call(it, start, end)); return it })(new Blob([new Uint8Array(2 ** 26 + 1)]))",
    );
    let size = 80 * ((1_u64 << 26) + 1);
    let options = js("({ to: shop('http://large.invalid'), partSize: 2 ** 31 + 1, transport: 'fetch' })");
    let result = Visit::begun(&file, &options).success().await;
    let part = (1_u64 << 31) + 1;
    let expected = [(0, part), (part, 2 * part), (2 * part, size)].map(|(start, end)| format!("[{start},{end}]"));
    // Before it is completed, the file is looked at once more.
    assert_eq!(shown(&get(&file, "cuts")), format!("[{},[0,1]]", expected.join(",")));
    let sizes: Vec<f64> = Array::from(&get(&result, "parts")).iter().map(|part| number(&part, "size")).collect();
    let expected = [part, part, size - 2 * part].map(|size| size as f64);
    assert_eq!(sizes, expected);
}
