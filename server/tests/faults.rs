//! Every kind of fault, as the other end of the socket sees it.

mod common;

use std::io::{ErrorKind, Read as _, Write as _};
use std::time::{Duration, Instant};

use common::{Answer, Request, World};
use serde_json::{Value, json};

const MIB: usize = 1 << 20;

fn on_part(fault: Value) -> Value {
    json!([{ "service": "s3", "step": "part", "fault": fault }])
}

#[test]
fn how_often_each_rule_has_fired_is_told() {
    let world = World::new();
    let rule = |step: &str, times: u32| json!({ "service": "s3", "step": step, "times": times, "fault": { "kind": "status", "status": 503 } });
    world.api("PUT", "/_/faults").json(json!({ "rules": [rule("create", 2), rule("list", 1)] })).send();
    for _ in 0..3 {
        world.api("POST", "/s3/multipart").json(json!({ "filename": "a", "type": "" })).send();
    }
    let told = world.api("GET", "/_/faults").send().json();
    assert_eq!(told, json!({ "rules": [{ "fired": 2 }, { "fired": 0 }] }));
}

#[test]
fn a_status_answers_in_the_place_of_the_service() {
    let world = World::new();
    let upload = world.create();
    world.faults(on_part(
        json!({ "kind": "status", "status": 503, "headers": { "retry-after": "3" }, "body": "<html>" }),
    ));
    let answer = upload.put(1, &vec![1; MIB]).send();
    assert_eq!((answer.status, answer.header("retry-after"), &*answer.text()), (503, Some("3"), "<html>"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    world.faults(on_part(json!({ "kind": "status", "status": 502, "cors": false })));
    let answer = upload.put(1, b"x").send();
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (502, None));
    assert_eq!(upload.list().text(), "[]");
}

#[test]
fn a_body_is_damaged_on_its_way() {
    let world = World::new();
    let upload = world.create();
    world.faults(on_part(json!({ "kind": "flip" })));
    let damaged = upload.put(1, b"0123456789").header("content-md5", "eB5eJF1ptWaXm4bijSPyxw==").send();
    assert_eq!(damaged.s3_error(), (400, "BadDigest".into()));
    // Nobody else would notice.
    assert_eq!(upload.put(1, b"0123456789").send().status, 200);
    assert_eq!(upload.list().json()[0]["Size"], 10);
    world.faults(json!([]));
    assert_eq!(upload.put(1, b"0123456789").header("content-md5", "eB5eJF1ptWaXm4bijSPyxw==").send().status, 200);
}

#[test]
fn nth_and_times_choose_among_the_matching_requests() {
    let world = World::new();
    let upload = world.create();
    world.faults(json!([{
        "service": "*", "step": "part", "part": 2, "nth": 2, "times": 2, "fault": { "kind": "status", "status": 500 },
    }]));
    let statuses = |part| (0..5).map(|_| upload.put(part, b"x").send().status).collect::<Vec<_>>();
    assert_eq!(statuses(1), [200, 200, 200, 200, 200]);
    assert_eq!(statuses(2), [200, 500, 500, 200, 200]);
    assert_eq!(world.api("DELETE", "/_/faults").send().status, 204);
}

#[test]
fn a_batch_matches_by_any_of_its_parts() {
    let world = World::new();
    let upload = world.create();
    world.faults(json!([{
        "service": "s3", "step": "sign", "part": 3, "fault": { "kind": "status", "status": 500 },
    }]));
    let sign = |numbers: &str| {
        let target = format!("{}&partNumbers={numbers}", upload.target("/batch"));
        world.api("GET", &target).send().status
    };
    assert_eq!((sign("1,2"), sign("2,3,4")), (200, 500));
}

#[test]
fn a_delayed_request_takes_effect_later() {
    let world = World::new();
    let upload = world.create();
    let put = upload.put(1, b"late");
    world.faults(on_part(json!({ "kind": "delay", "ms": 120 })));
    let begin = Instant::now();
    assert_eq!(put.send().status, 200);
    assert!(begin.elapsed() >= Duration::from_millis(120));
}

#[test]
fn a_delayed_request_whose_client_left_never_takes_effect() {
    let world = World::new();
    let upload = world.create();
    let put = upload.put(1, b"never");
    world.faults(on_part(json!({ "kind": "delay", "ms": 600_000 })));
    let socket = put.begin(5);
    world.logged("part", |row| row["endMs"].is_null());
    drop(socket);
    assert_eq!(world.ended("part")["status"], Value::Null);
    assert_eq!(upload.list().text(), "[]");
}

#[test]
fn a_rate_slows_the_body_down() {
    let world = World::new();
    let upload = world.create();
    let put = upload.put(1, &vec![1; MIB / 2]);
    world.faults(on_part(json!({ "kind": "rate", "bytesPerSecond": MIB, "latency": 30 })));
    let begin = Instant::now();
    assert_eq!(put.send().status, 200);
    // Only the lower bound: how late a busy machine is says nothing about the server.
    assert!(begin.elapsed() >= Duration::from_millis(500), "{:?}", begin.elapsed());
}

#[test]
fn a_dip_is_slower_while_it_lasts_even_for_a_request_under_way() {
    let world = World::new();
    let upload = world.create();
    let put = upload.put(1, &vec![1; MIB]);
    let dip = json!({ "afterMs": 0, "forMs": 400, "bytesPerSecond": MIB / 8 });
    world.faults(on_part(json!({ "kind": "rate", "bytesPerSecond": 8 * MIB, "dip": dip })));
    let begin = Instant::now();
    assert_eq!(put.send().status, 200);
    assert!(begin.elapsed() >= Duration::from_millis(400), "{:?}", begin.elapsed());
    // It is over for whoever comes later.
    assert_eq!(upload.put(2, &vec![1; 4 * MIB]).send().status, 200);
    let row = world.ended("part");
    assert!(row["endMs"].as_f64().unwrap() - row["startMs"].as_f64().unwrap() < 4_000.0, "{row}");
}

#[test]
fn a_rule_of_one_connection_leaves_the_others_alone() {
    let world = World::new();
    let upload = world.create();
    world.faults(json!([{
        "service": "s3", "step": "part", "connection": 2, "fault": { "kind": "status", "status": 503 },
    }]));
    // Each request has a connection of its own here.
    let statuses = (0..3).map(|_| upload.put(1, b"x").send().status).collect::<Vec<_>>();
    assert_eq!(statuses, [200, 503, 200]);
}

#[test]
fn latency_comes_before_every_answer_and_every_preflight() {
    let world = World::new();
    world.faults(json!([{ "service": "s3", "fault": { "kind": "rate", "latency": 80 } }]));
    let create = world.api("POST", "/s3/multipart").json(json!({ "filename": "a", "type": "" }));
    let preflight = world.api("OPTIONS", "/s3/multipart").header("access-control-request-method", "POST");
    for (request, status) in [(create, 200), (preflight, 204)] {
        let begin = Instant::now();
        assert_eq!(request.send().status, status);
        assert!(begin.elapsed() >= Duration::from_millis(80));
    }
}

#[test]
fn a_header_that_is_forbidden_is_one_that_preflights_do_not_allow() {
    let world = World::new();
    let upload = world.create();
    let put = upload.put(1, b"x");
    world.faults(on_part(json!({ "kind": "forbid", "header": "X-Amz-Checksum-Crc32c" })));
    let url: url::Url = upload.url(1).parse().unwrap();
    let preflight = Request::new(world.at.storage, "OPTIONS", &url[url::Position::BeforePath..])
        .header("origin", "https://elsewhere.example")
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "content-md5, x-amz-checksum-crc32c")
        .send();
    assert_eq!(preflight.header("access-control-allow-headers"), Some("content-md5"));
    // What does not ask for it first is no page.
    assert_eq!(put.send().status, 200);
}

#[test]
fn a_reset_is_a_reset() {
    let world = World::new();
    let upload = world.create();
    let put = upload.put(1, &vec![1; MIB]);
    world.faults(on_part(json!({ "kind": "reset", "afterBytes": 65536 })));
    let error = put.try_send().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let row = world.ended("part");
    assert_eq!(row["status"], Value::Null);
    assert!(row["requestBytes"].as_u64() >= Some(65536) && row["requestBytes"].as_u64() < Some(MIB as u64));
    assert_eq!(upload.list().text(), "[]");
}

#[test]
fn a_reset_is_a_reset_even_when_nothing_is_left_to_read() {
    let world = World::new();
    let upload = world.create();
    world.faults(json!([{ "service": "s3", "step": "list", "fault": { "kind": "reset" } }]));
    let error = world.api("GET", &upload.target("")).try_send().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[test]
fn a_delay_ends_with_the_faults() {
    let world = World::new();
    let upload = world.create();
    let put = upload.put(1, b"soon");
    world.faults(on_part(json!({ "kind": "delay", "ms": 600_000 })));
    let socket = put.begin(4);
    world.logged("part", |row| row["endMs"].is_null());
    assert_eq!(world.api("DELETE", "/_/faults").send().status, 204);
    assert_eq!(Answer::read(socket).unwrap().status, 200);
}

#[test]
fn a_stall_is_silence_on_an_open_socket_until_faults_end() {
    let world = World::new();
    let upload = world.create();
    let body = vec![1; 64 * MIB];
    let put = upload.put(1, &body);
    world.faults(on_part(json!({ "kind": "stall", "afterBytes": 65536 })));
    let mut socket = put.begin(0);
    socket.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
    // The buffers between take some MiB; then nothing moves, and nothing is refused.
    let error = socket.write_all(&body).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    assert_eq!(world.requests().last().unwrap()["endMs"], Value::Null);
    assert_eq!(world.api("DELETE", "/_/faults").send().status, 204);
    assert!(matches!(socket.read(&mut [0; 1]), Ok(0) | Err(_)));
    assert_eq!(world.ended("part")["status"], Value::Null);
}

#[test]
fn a_stall_of_the_answer_takes_the_whole_body() {
    let world = World::new();
    let upload = world.create();
    let body = vec![1; 8 * MIB];
    let put = upload.put(1, &body);
    world.faults(on_part(json!({ "kind": "stall", "answer": true })));
    let mut socket = put.begin(body.len());
    socket.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert_eq!(socket.read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::WouldBlock);
    drop(socket);
    let row = world.ended("part");
    assert_eq!((&row["requestBytes"], &row["status"]), (&json!(body.len()), &Value::Null));
    assert_eq!(upload.list().text(), "[]");
}

#[test]
fn what_has_come_of_a_body_is_counted_while_it_comes() {
    let world = World::new();
    let upload = world.create();
    let put = upload.put(1, &[1; 64 << 10]);
    let socket = put.begin(5 << 10);
    let row = world.logged("part", |row| row["requestBytes"] == 5 << 10);
    assert_eq!(row["endMs"], Value::Null);
    drop(socket);
    assert_eq!(world.ended("part")["requestBytes"], 5 << 10);
}

#[test]
fn a_truncated_answer_promises_more_than_it_sends() {
    let world = World::new();
    let upload = world.create();
    let put = upload.put(1, b"x");
    world.faults(json!([{ "service": "s3", "times": 2, "fault": { "kind": "truncate" } }]));
    for answer in [put.send(), upload.list()] {
        assert_eq!(answer.status, 200);
        assert!(answer.body.len() < answer.header("content-length").unwrap().parse().unwrap());
    }
    assert_eq!(upload.list().json().as_array().unwrap().len(), 1);
}

#[test]
fn an_expired_url_answers_in_the_stores_own_words() {
    let world = World::new();
    let upload = world.create();
    let put = upload.put(1, b"x");
    world.faults(on_part(json!({ "kind": "expire" })));
    let answer = put.send();
    assert_eq!(answer.s3_error(), (403, "AccessDenied".into()));
    assert!(answer.text().contains("Request has expired"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
}

#[test]
fn a_lost_answer_leaves_its_effect_behind() {
    let world = World::new();
    let upload = world.create();
    let put = upload.put(1, b"x");
    world.faults(json!([{ "service": "s3", "times": 1, "fault": { "kind": "lost" } }]));
    assert_eq!(put.try_send().unwrap_err().kind(), ErrorKind::UnexpectedEof);
    assert_eq!(world.ended("part")["status"], Value::Null);
    assert_eq!(upload.list().json().as_array().unwrap().len(), 1);
}

#[test]
fn a_hidden_header_is_sent_but_not_exposed() {
    let world = World::new();
    let upload = world.create();
    world.faults(on_part(json!({ "kind": "hide", "header": "etag" })));
    let answer = upload.put(1, b"x").send();
    assert!(answer.header("etag").is_some());
    let exposed = answer.header("access-control-expose-headers").unwrap();
    assert!(!exposed.contains("ETag") && exposed.contains("Retry-After"), "{exposed}");
    world.faults(on_part(json!({ "kind": "hide", "cors": false })));
    let answer = upload.put(1, b"x").send();
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, None));
}

#[test]
fn rules_that_cannot_be_carried_out_are_refused_by_field() {
    let world = World::new();
    let rule = |rule: Value| json!({ "rules": [rule] });
    let with = |fault: Value| rule(json!({ "service": "s3", "fault": fault }));
    for (rules, named) in [
        (json!({ "rulez": [] }), "rulez"),
        (json!({ "rules": {} }), "rules"),
        (json!([]), "rules"),
        (rule(json!({ "fault": { "kind": "lost" } })), "service"),
        (rule(json!({ "service": "s4", "fault": { "kind": "lost" } })), "service"),
        (rule(json!({ "service": "s3", "step": "upload", "fault": { "kind": "lost" } })), "step"),
        (rule(json!({ "service": "s3", "nth": 0, "fault": { "kind": "lost" } })), "nth"),
        (rule(json!({ "service": "s3", "often": 1, "fault": { "kind": "lost" } })), "often"),
        (rule(json!({ "service": "s3" })), "fault"),
        (with(json!({ "kind": "explode" })), "explode"),
        (with(json!({ "kind": "lost", "ms": 1 })), "ms"),
        (with(json!({ "kind": "delay" })), "ms"),
        (with(json!({ "kind": "status", "status": 99 })), "status"),
        (with(json!({ "kind": "status", "status": 500, "headers": { "a b": "" } })), "a b"),
        (with(json!({ "kind": "rate" })), "bytesPerSecond"),
        (with(json!({ "kind": "rate", "bytesPerSecond": 0 })), "bytesPerSecond"),
        (with(json!({ "kind": "hide" })), "header"),
        (rule(json!({ "service": "s3", "step": "sign", "fault": { "kind": "expire" } })), "step"),
    ] {
        let refused = world.api("PUT", "/_/faults").json(rules.clone()).send();
        assert_eq!(refused.status, 400, "{rules}");
        let error = refused.json()["error"].as_str().unwrap().to_owned();
        assert!(error.contains(named), "{rules}: {error}");
    }
}

#[test]
fn a_fault_spares_the_other_connections() {
    let world = World::new();
    let upload = world.create();
    let (stalls, goes_on) = (upload.put(1, b"stalls"), upload.put(2, b"goes on"));
    world.faults(json!([{ "service": "s3", "step": "part", "part": 1, "fault": { "kind": "stall" } }]));
    let silent = stalls.begin(6);
    let answer = goes_on.send();
    assert_eq!(answer.status, 200);
    drop(silent);
}

#[test]
fn a_refusal_waits_until_the_body_was_sent() {
    let world = World::new();
    let body = vec![1; 8 * MIB];
    let target = "/upslice-s3/key?partNumber=1&uploadId=x";
    let request = Request::new(world.at.storage, "PUT", target).body(&body);
    // Had the server answered and closed at once, unread bytes would have turned the answer into a reset.
    let answer = Answer::read(request.begin(body.len())).unwrap();
    assert_eq!(answer.s3_error(), (403, "AccessDenied".into()));
    assert_eq!(world.ended("part")["requestBytes"], body.len());
}
