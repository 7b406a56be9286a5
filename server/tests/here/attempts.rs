//! Numbers that are used again: after an attempt that went well, and after one that did not.

use serde_json::{Value, json};

use crate::common::{Answer, World};
use crate::talk::{Here as _, TYPE, Upload, refused};

const MIB: usize = 1 << 20;

fn on_part(fault: Value) -> Value {
    json!([{ "service": "here", "step": "part", "part": 2, "times": 1, "fault": fault }])
}

fn lenient() -> World {
    World::with(|options| options.here_lenient = true)
}

/// Part 2 is sent while the fault is in force, then again; what the completion answers.
fn retried(world: &World, handle: &str, fault: Value) -> Answer {
    let upload = world.begin(handle);
    let first = upload.store(1, b"a");
    let stalls = fault["kind"] == "stall";
    world.faults(on_part(fault));
    assert_eq!(world.api("DELETE", "/_/requests").send().status, 204);
    let attempt = upload.part(2, &vec![7; MIB]);
    if stalls {
        // Its client gives it up.
        let socket = attempt.begin(MIB);
        world.logged("part", |row| row["part"] == 2);
        drop(socket);
    } else {
        let _ = attempt.try_send();
    }
    let second = upload.store(2, b"b");
    upload.complete(&[(1, &first), (2, &second)])
}

fn failures() -> [Value; 6] {
    [
        json!({ "kind": "status", "status": 503 }),
        json!({ "kind": "reset", "afterBytes": 1000 }),
        json!({ "kind": "stall", "afterBytes": 1000 }),
        json!({ "kind": "stall", "answer": true }),
        json!({ "kind": "lost" }),
        json!({ "kind": "truncate" }),
    ]
}

#[test]
fn a_number_that_was_retried_after_a_failure_spoils_the_blob() {
    let world = World::new();
    for (at, fault) in failures().into_iter().enumerate() {
        let cause = refused(&retried(&world, &format!("h{at}"), fault.clone()), 400);
        assert_eq!(cause, "publication failed: part 2 was retried after a failed attempt", "{fault}");
    }
    // A delay, a slow line or a hidden header is no failure.
    for (at, fault) in
        [json!({ "kind": "delay", "ms": 1 }), json!({ "kind": "hide", "cors": false })].into_iter().enumerate()
    {
        assert_eq!(retried(&world, &format!("g{at}"), fault).status, 204);
    }
}

#[test]
fn a_lenient_server_takes_the_last_of_all_attempts() {
    let world = lenient();
    for (at, fault) in failures().into_iter().enumerate() {
        assert_eq!(retried(&world, &format!("h{at}"), fault.clone()).status, 204, "{fault}");
    }
}

#[test]
fn a_refusal_of_the_service_itself_is_a_failed_attempt_too() {
    let world = World::new();
    let upload = world.begin("h");
    let wrong = upload.part(1, b"a").header("x-here-digest", "CRC-32C:00000000").send();
    refused(&wrong, 400);
    let etag = upload.store(1, b"a");
    assert!(refused(&upload.complete(&[(1, &etag)]), 400).contains("part 1 was retried"));
}

#[test]
fn a_client_that_leaves_in_the_middle_has_failed() {
    let world = World::new();
    let upload = world.begin("h");
    drop(upload.part(1, &vec![7; MIB]).begin(MIB / 2));
    world.logged("part", |row| row["endMs"].is_number());
    let etag = upload.store(1, b"a");
    assert!(refused(&upload.complete(&[(1, &etag)]), 400).contains("part 1 was retried"));
}

#[test]
fn an_attempt_that_is_overtaken_and_never_ends_has_failed() {
    let world = World::new();
    let upload = world.begin("h");
    let hanging = upload.part(1, &vec![7; MIB]).begin(MIB / 2);
    world.logged("part", |row| row["endMs"].is_null());
    let etag = upload.store(1, b"a");
    assert!(refused(&upload.complete(&[(1, &etag)]), 400).contains("part 1 was retried"));
    drop(hanging);
}

#[test]
fn a_number_may_be_sent_again_after_it_went_well() {
    let world = World::new();
    let upload = world.begin("h");
    let stale = upload.store(1, b"first");
    upload.store(1, b"second");
    let etag = upload.store(1, b"third");
    refused(&upload.complete(&[(1, &stale)]), 400);
    // What fails afterwards changes nothing: the number is not used after it.
    refused(&upload.part(1, b"fourth").header("x-here-digest", "MD5:").send(), 400);
    assert_eq!(upload.complete(&[(1, &etag)]).status, 204);
    assert_eq!(upload.blob(), b"third");
}

#[test]
fn a_spoiled_number_that_is_not_listed_spoils_nothing() {
    let world = World::new();
    let upload = world.begin("h");
    let first = upload.store(1, b"a");
    for digest in ["MD5:", "MD5:"] {
        refused(&upload.part(2, b"b").header("x-here-digest", digest).send(), 400);
    }
    assert_eq!(upload.complete(&[(1, &first)]).status, 204);
}

#[test]
fn failures_are_remembered_when_the_server_is_started_anew() {
    let mut world = World::new();
    let (path, hung) = {
        let upload = world.begin("h");
        refused(&upload.part(1, b"a").header("x-here-digest", "MD5:").send(), 400);
        let hung = upload.part(2, &vec![7; MIB]).begin(MIB / 2);
        world.logged("part", |row| row["part"] == 2);
        (upload.path.clone(), hung)
    };
    world.restart();
    drop(hung);
    let upload = Upload::known_to(&world, path.clone());
    let first = upload.store(1, b"a");
    let second = upload.store(2, b"b");
    world.restart();
    let upload = Upload::known_to(&world, path);
    assert!(refused(&upload.complete(&[(1, &first)]), 400).contains("part 1"));
    assert!(refused(&upload.complete(&[(1, &first), (2, &second)]), 400).contains("part 1"));
    assert_eq!(upload.cancel().status, 204);
}

#[test]
fn a_stranger_cannot_spoil_a_number() {
    let world = World::new();
    let upload = world.begin("h");
    let target = format!("{}/parts?partNumber=1", upload.path);
    let stranger = world.api("POST", &target).header("authorization", "Bearer other").header("content-type", TYPE);
    refused(&stranger.body(b"a").send(), 401);
    let etag = upload.store(1, b"a");
    assert_eq!(upload.complete(&[(1, &etag)]).status, 204);
}

#[test]
fn rules_and_log_speak_of_the_steps_of_an_upload() {
    let world = World::new();
    let upload = world.begin("h");
    let status = |status: u16| json!({ "kind": "status", "status": status, "headers": { "retry-after": "1" } });
    world.faults(json!([
        { "service": "here", "step": "complete", "times": 1, "fault": status(503) },
        { "service": "here", "step": "part", "part": 2, "fault": status(429) },
        { "service": "here", "step": "part", "part": 1, "fault": { "kind": "hide", "header": "etag" } },
    ]));
    let answer = upload.part(1, b"a").send();
    assert!(!answer.header("access-control-expose-headers").unwrap().contains("ETag"));
    assert_eq!(upload.part(2, b"b").send().header("retry-after"), Some("1"));
    let etag = answer.header("etag").unwrap();
    assert_eq!(upload.complete(&[(1, etag)]).status, 503);
    assert_eq!(upload.complete(&[(1, etag)]).status, 204);
    upload.status();
    upload.cancel();
    world.call("GET", "/here/lookup/v1/resources/hrn:here:data::test:cat/apis").send();
    let rows = world.requests();
    assert!(rows.iter().all(|row| row["service"] == "here"));
    let steps: Vec<_> = rows.iter().map(|row| (row["step"].as_str().unwrap_or("-"), row["part"].as_u64())).collect();
    let (part, bare) = (|number| ("part", Some(number)), |step| (step, None));
    let expected = [
        bare("create"),
        part(1),
        part(2),
        bare("complete"),
        bare("complete"),
        bare("status"),
        bare("abort"),
        bare("-"),
    ];
    assert_eq!(steps, expected);
    assert!(!json!(rows).to_string().contains("demo-key"));
}
