//! What an upload holds of the page, and that it holds nothing after its end.

use super::stage::{Spy, Visit, js, restore, soon};
use wasm_bindgen::externref_heap_live_count;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn dropping_the_machine_ends_its_requests_timers_and_listeners() {
    restore();
    let fetches = Spy::new("fetchSpy((request) => held(request))");
    let (timers, listeners) = (Spy::new("timerSpy()"), Spy::new("listenerSpy()"));
    let options = js("({ to: shop('http://dropped.invalid'), partSize: 5 * 2 ** 20, transport: 'fetch' })");
    let visit = Visit::begun(&js("new Blob([new Uint8Array(15 * 2 ** 20)])"), &options);
    fetches.when("sent", 3).await;
    assert_eq!((timers.count("it.open.size"), listeners.count("it.online.size")), (1.0, 1.0));
    drop(visit);
    assert_eq!((timers.count("it.open.size"), listeners.count("it.online.size")), (0.0, 0.0));
    fetches.when("aborted", 3).await;
    assert_eq!(fetches.count("it.inFlight"), 0.0);
}

#[wasm_bindgen_test]
async fn every_ending_clears_the_timer_and_the_listener() {
    restore();
    for (at, (answer, ending)) in
        [("stored()", "success"), ("new Response(null, { status: 400 })", "failure"), ("held(request)", "abort")]
            .into_iter()
            .enumerate()
    {
        let fetches = Spy::new(&format!("fetchSpy(async (request) => {answer})"));
        let (timers, listeners) = (Spy::new("timerSpy()"), Spy::new("listenerSpy()"));
        let visit = Visit::begun(&js("file(3)"), &js(&format!("({{ to: shop('http://cleared{at}.invalid') }})")));
        match ending {
            "success" => drop(visit.success().await),
            "failure" => drop(visit.failure().await),
            _ => {
                fetches.when("sent", 1).await;
                visit.ask("abort");
                visit.until("over").await;
            }
        }
        assert_eq!(timers.count("it.open.size"), 0.0, "{ending}");
        drop(visit);
        assert_eq!(listeners.count("it.online.size"), 0.0, "{ending}");
        assert!(timers.count("it.set") > 0.0 && listeners.count("it.added") > 0.0, "{ending}: the spies saw something");
    }
}

/// One life with everything in it: requests that are cut, and others that are answered.
async fn live(transport: &str) {
    let (spy, before) = match transport {
        "xhr" => (Spy::new("xhrSpy()"), 0),
        // Create and sign.
        _ => (Spy::new("fetchSpy()"), 2),
    };
    let options = js(&format!(
        "({{ to: {{ kind: 's3', options: {{ endpoint: server + '/s3/multipart' }} }}, partSize: 5 * 2 ** 20, transport: '{transport}' }})"
    ));
    let visit = Visit::begun(&js("file(10 * 2 ** 20)"), &options);
    for cut in 1..=4 {
        spy.when("sent", before + 2 * cut).await;
        visit.ask("pause");
        spy.when("aborted", 2 * cut).await;
        visit.ask("resume");
    }
    visit.success().await;
}

/// Values that wasm holds of the page: closures, promises' functions, signals, blobs.
async fn holds_nothing_more_after(transport: &str) {
    restore();
    live(transport).await;
    let before = held().await;
    for _ in 0..4 {
        live(transport).await;
    }
    let after = held().await;
    assert!(after <= before, "{before} values were held before four more uploads, {after} after them");
}

async fn held() -> u32 {
    // What was cut lets go of its functions when its promise has been rejected: one turn of the loop.
    soon(js("new Promise((resolve) => real.setTimeout(resolve))"), || "a turn".into()).await;
    externref_heap_live_count()
}

#[wasm_bindgen_test]
async fn uploads_by_fetch_leave_nothing_behind() {
    holds_nothing_more_after("fetch").await;
}

#[wasm_bindgen_test]
async fn uploads_by_xhr_leave_nothing_behind() {
    holds_nothing_more_after("xhr").await;
}

/// Cuts an upload while a part is being digested, once `counted` has come to three: slices are read by `reading`.
async fn cut_while_digesting(reading: &str, counted: &str) {
    let channels = Spy::new("channelSpy()");
    let file = Spy::with(
        &format!(
            "(() => {{ const blob = file(5_000_000); const seen = {{ blob, reads: tally(), cancelled: 0 }}; \
             const late = new Promise((open) => (seen.open = open)); \
             blob.slice = (...given) => Object.assign(Blob.prototype.slice.apply(blob, given), {{ {reading} }}); \
             return Object.assign(seen, {{ made: it.made }}) }})()"
        ),
        &channels.read("it"),
    );
    let options = js("({ to: shop('http://digested.invalid'), checksum: 'crc32c' })");
    let visit = Visit::begun(&file.read("it.blob"), &options);
    file.when(counted, 3).await;
    visit.ask("abort");
    visit.until("over").await;
    // What is cut is dropped when its turn comes. The platform ends what it was reading, and only then lets go of who waited.
    file.read("it.open()");
    soon(js("new Promise((resolve) => real.setTimeout(resolve))"), || "a turn".into()).await;
    assert_eq!(file.count("it.cancelled"), 1.0, "{reading}");
    assert!(channels.count("it.made.count") > 0.0, "{reading}: the spy saw something");
}

#[wasm_bindgen_test]
async fn a_digest_that_is_cut_leaves_nothing_behind() {
    restore();
    let stream = |read: &str| {
        format!(
            "stream: () => ({{ getReader: () => ({{ read: async (view) => {read}, cancel() {{ seen.cancelled += 1 }} }}) }})"
        )
    };
    for (reading, counted) in [
        (stream("({ value: view })"), "made"),
        (stream("(seen.reads.add(), seen.reads.count < 3 ? { value: view } : late)"), "reads"),
    ] {
        cut_while_digesting(&reading, counted).await;
        let before = held().await;
        for _ in 0..4 {
            cut_while_digesting(&reading, counted).await;
        }
        let mut after = held().await;
        // Some platforms take a while to let go of what they have rejected.
        for _ in 0..50 {
            if after > before {
                after = held().await;
            }
        }
        assert!(after <= before, "{reading}: {before} values were held before four more uploads, {after} after them");
    }
}
