//! What a listener may do from within an event: anything.

use super::stage::{Spy, Visit, get, js, js_with, restore, soon, text};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

/// A store that fails each part once.
const FLAKY: &str = "fetchSpy(async (request, number) => number % 2 ? new Response(null, { status: 500 }) : stored())";

fn options(origin: &str) -> JsValue {
    js(&format!(
        "({{ to: shop('http://{origin}.invalid', {{ abort: async () => {{}} }}), partSize: 5 * 2 ** 20, concurrency: 1, \
         transport: 'fetch', retry: {{ minDelay: 0, maxDelay: 0 }} }})"
    ))
}

/// Calls `methods` from within the first event of a kind, and sees the upload to its one ending.
async fn act_within(kind: &'static str, methods: &'static [&'static str]) {
    let _spy = Spy::new(FLAKY);
    let visit =
        Visit::new(&js("file(10 * 2 ** 20)"), &options(&format!("{kind}-{}", methods[0]))).expect("good options");
    let acted = Cell::new(false);
    visit.act(move |visit, told, _| {
        if told == kind && !acted.replace(true) {
            methods.iter().for_each(|method| drop(visit.ask(method)));
        }
    });
    visit.ask("begin");
    visit.until(kind).await;
    if visit.all("failure").is_empty() || kind == "failure" {
        // Whatever has been asked for, it is gone on with or ended.
        visit.ask("resume");
    }
    visit.until("over").await;
    let endings = visit.all("success").len() + visit.all("failure").len();
    assert_eq!((endings, visit.all("over").len()), (1, 1), "{kind} {methods:?}: {:?}", visit.names());
    assert_eq!(visit.deepest(), 1, "{kind} {methods:?}: one event at a time");
}

#[wasm_bindgen_test]
async fn pausing_from_inside_an_event_is_no_recursion() {
    restore();
    for kind in ["state", "progress", "part", "retry", "success", "over"] {
        act_within(kind, &["pause"]).await;
        act_within(kind, &["resume"]).await;
        act_within(kind, &["pause", "resume", "pause", "resume", "watch", "begin"]).await;
    }
}

#[wasm_bindgen_test]
async fn asking_from_inside_an_event_is_answered() {
    restore();
    for kind in ["state", "progress", "part", "retry", "success", "over"] {
        act_within(kind, &["progress", "state"]).await;
    }
}

#[wasm_bindgen_test]
async fn aborting_from_inside_an_event_ends_it_once() {
    restore();
    for kind in ["state", "progress", "part", "retry", "success", "over"] {
        act_within(kind, &["abort"]).await;
        act_within(kind, &["abort", "pause", "abort", "resume"]).await;
    }
}

#[wasm_bindgen_test]
async fn aborting_from_inside_a_failure_removes_what_is_stored() {
    restore();
    let _spy = Spy::new("fetchSpy(async () => new Response(null, { status: 400 }))");
    let visit = Visit::new(&js("file(3)"), &options("failing")).expect("good options");
    visit.act(|visit, told, _| {
        if told == "failure" {
            visit.ask("pause");
            visit.ask("abort");
            visit.ask("state");
        }
    });
    visit.ask("begin");
    visit.until("over").await;
    assert_eq!(text(&visit.failure().await, "code"), "rejected");
    assert_eq!((visit.all("over").len(), visit.deepest()), (1, 1), "{:?}", visit.names());
}

#[wasm_bindgen_test]
async fn freeing_from_inside_an_event_is_the_end_of_it() {
    restore();
    for kind in ["state", "progress", "part", "retry", "success"] {
        let spy = Spy::new(FLAKY);
        let listeners = Spy::new("listenerSpy()");
        let visit = Visit::new(&js("file(10 * 2 ** 20)"), &options(&format!("freed-{kind}"))).expect("good options");
        let freed = Rc::new(RefCell::new(None));
        let outcome = Rc::clone(&freed);
        visit.act(move |visit, told, _| {
            if told == kind && outcome.borrow().is_none() {
                // The glue says so when one of its methods is under way, and frees it after that.
                *outcome.borrow_mut() = Some(visit.try_ask("free").is_ok());
            }
        });
        visit.ask("begin");
        visit.until(kind).await;
        // Another upload finds the page in order.
        let after = Visit::begun(&js("file(3)"), &options(&format!("after-{kind}")));
        after.success().await;
        assert!(freed.borrow().is_some());
        assert!(visit.all("over").is_empty() && visit.all("failure").is_empty(), "{kind}: {:?}", visit.names());
        assert_eq!(listeners.count("it.online.size"), 0.0, "{kind}");
        drop(spy);
    }
}

#[wasm_bindgen_test]
async fn beginning_another_upload_from_inside_an_event() {
    restore();
    let _spy = Spy::new(FLAKY);
    for kind in ["state", "progress", "part", "retry", "success", "over"] {
        let visit = Visit::new(&js("file(10 * 2 ** 20)"), &options(&format!("first-{kind}"))).expect("good options");
        let other = Rc::new(RefCell::new(None));
        let slot = Rc::clone(&other);
        visit.act(move |_, told, _| {
            if told == kind && slot.borrow().is_none() {
                *slot.borrow_mut() = Some(Visit::begun(&js("file(3)"), &options(&format!("second-{kind}"))));
            }
        });
        visit.ask("begin");
        visit.success().await;
        let other = other.borrow_mut().take().expect("another upload");
        other.success().await;
    }
}

#[wasm_bindgen_test]
async fn a_listener_that_throws_changes_nothing() {
    restore();
    let _spy = Spy::new(FLAKY);
    let told = js("({ over: tally() })");
    let listener = js_with("(kind) => { if (kind === 'over') it.over.add(); throw Symbol(kind) }", &told);
    let machine = upslice::js::Machine::new(&js("file(3)"), &options("throwing"), listener.unchecked_into()).unwrap();
    machine.begin();
    soon(js_with("it.over.when(1)", &told), || "over".into()).await;
}

/// The package frees the machine when it is over, which may be told while `abort` is under way.
#[wasm_bindgen_test]
async fn an_abort_that_is_over_at_once_is_told() {
    restore();
    let _spy = Spy::new("fetchSpy((request) => held(request))");
    // Without an `abort` there is nothing to wait for.
    let visit = Visit::begun(&js("file(3)"), &js("({ to: shop('http://at-once.invalid') })"));
    visit.until("state uploading").await;
    visit.ask("abort");
    assert_eq!(visit.all("over").len(), 1, "{:?}", visit.names());
    assert_eq!(text(&visit.failure().await, "code"), "aborted");
    assert!(visit.ask("state").is_undefined() && visit.ask("progress").is_undefined());
    assert!(visit.all("over")[0].as_string().is_some_and(|left| left.contains("no way to remove")));
    assert!(get(&visit.failure().await, "cause").is_undefined());
}
