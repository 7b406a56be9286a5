//! Conversations with subworkflow.ai's upload sessions, step by step.

mod common;

use common::{Answer, Request, World};
use serde_json::{Value, json};

/// A field's name and bytes.
type Field<'a> = (&'a str, &'a [u8]);

const START: [Field<'_>; 4] =
    [("fileName", b"report.final"), ("fileExt", b"pdf"), ("fileType", b"application/pdf"), ("jobType", b"extract")];

trait Subworkflow {
    fn form(&self, target: &str, fields: &[Field<'_>]) -> Request;
    fn say(&self, step: &str, fields: &[Field<'_>]) -> Answer;
    fn begin(&self) -> String;
    fn append(&self, key: &str, number: &str, bytes: &[u8]) -> Answer;
    fn store(&self, key: &str, number: u16, bytes: &[u8]) -> Value;
    fn end(&self, key: &str, parts: Value) -> Answer;
}

impl Subworkflow for World {
    fn form(&self, target: &str, fields: &[Field<'_>]) -> Request {
        let mut body = Vec::new();
        for (name, bytes) in fields {
            let file =
                if *name == "file" { "; filename=\"tmp_1\"\r\nContent-Type: application/octet-stream" } else { "" };
            body.extend(format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").as_bytes());
            body.extend(*bytes);
            body.extend(b"\r\n");
        }
        body.extend(b"--XX--\r\n");
        self.api("POST", target).header("content-type", "multipart/form-data; boundary=XX").body(&body)
    }

    fn say(&self, step: &str, fields: &[Field<'_>]) -> Answer {
        let target = format!("/subworkflow/v1/upload-session/{step}");
        self.form(&target, fields).header("x-api-key", "demo-key").send()
    }

    fn begin(&self) -> String {
        self.say("start", &START).json()["data"]["key"].as_str().unwrap().to_owned()
    }

    fn append(&self, key: &str, number: &str, bytes: &[u8]) -> Answer {
        self.say("append", &[("key", key.as_bytes()), ("partNumber", number.as_bytes()), ("file", bytes)])
    }

    fn store(&self, key: &str, number: u16, bytes: &[u8]) -> Value {
        let answer = self.append(key, &number.to_string(), bytes);
        assert_eq!((answer.status, &answer.json()["success"]), (200, &json!(true)), "{}", answer.text());
        answer.json()["data"].clone()
    }

    fn end(&self, key: &str, parts: Value) -> Answer {
        self.say("end", &[("key", key.as_bytes()), ("parts", parts.to_string().as_bytes())])
    }
}

/// The text of an error that has the service's shape.
fn refused(answer: &Answer, status: u16) -> String {
    let mut body = answer.json();
    let error = body["error"].take();
    assert_eq!((answer.status, body), (status, json!({ "success": false, "error": null })));
    error.as_str().unwrap().to_owned()
}

#[test]
fn an_upload_goes_from_start_to_a_finished_job() {
    let mut world = World::new();
    let started = world.say("start", &START);
    let key = started.json()["data"]["key"].as_str().unwrap().to_owned();
    assert!(key.starts_with("tmp_") && key.len() == 20);
    assert_eq!((started.status, started.json()), (200, json!({ "success": true, "data": { "key": key } })));
    let second = world.store(&key, 2, b"world");
    assert_eq!(second, json!({ "etag": "7d793037a0760186574b0282f2f435e7", "partNumber": 2 }));
    world.store(&key, 1, b"replaced");
    world.restart();
    let first = world.store(&key, 1, b"hello ");
    let ended = world.end(&key, json!([first, second]));
    let job = &ended.json()["data"];
    assert_eq!((ended.status, &ended.json()["success"], &ended.json()["total"]), (200, &json!(true), &json!(1)));
    let id = key.replace("tmp_", "dsj_");
    assert_eq!((&job["id"], &job["datasetId"]), (&json!(id), &json!(key.replace("tmp_", "ds_"))));
    assert_eq!((&job["type"], &job["status"]), (&json!("datasets/extract"), &json!("NOT_STARTED")));
    for time in ["startedAt", "finishedAt", "canceledAt", "createdAt", "updatedAt"] {
        assert!(job[time].is_u64(), "{time}");
    }
    world.restart();
    assert_eq!(world.end(&key, json!([first, second])).json(), ended.json());
    let polled = world.api("GET", &format!("/subworkflow/v1/jobs/{id}")).header("x-api-key", "demo-key").send();
    assert_eq!((polled.status, &polled.json()["data"]["status"]), (200, &json!("SUCCESS")));

    let mut row = world.files().remove(0);
    assert!(row["completed_at"].take().is_string());
    let expected = json!({
        "service": "subworkflow", "id": key, "name": "report.final.pdf", "size": 11, "type": "application/pdf",
        "sha256": "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9", "parts": 2, "completed_at": null,
    });
    assert_eq!(row, expected);
    assert_eq!(world.api("GET", &format!("/_/files/{key}")).send().body, b"hello world");
}

#[test]
fn ending_wants_all_parts_in_order_as_they_were_stored() {
    let world = World::new();
    let key = world.begin();
    let (first, second) = (world.store(&key, 1, b"a"), world.store(&key, 2, b"b"));
    let third = world.store(&key, 3, b"c");
    let wrong = json!({ "etag": "none", "partNumber": 2 });
    for parts in [
        json!([]),
        json!({}),
        json!([second, first]),
        json!([first, third]),
        json!([first, first]),
        json!([second]),
        json!([first, wrong]),
        json!([{ "etag": "x" }]),
        json!([{ "etag": "x", "partNumber": "1" }]),
    ] {
        refused(&world.end(&key, parts), 400);
    }
    refused(&world.say("end", &[("key", key.as_bytes())]), 400);
    refused(&world.say("end", &[("key", key.as_bytes()), ("parts", b"[")]), 400);
    assert_eq!(world.end(&key, json!([first, second, third])).status, 200);
    refused(&world.end(&key, json!([first, second])), 404);
    refused(&world.append(&key, "4", b"late"), 404);
    refused(&world.say("abort", &[("key", key.as_bytes())]), 404);
}

#[test]
fn parts_hold_five_to_a_hundred_million_bytes() {
    let world = World::with(|options| options.min_part_size = 5 << 20);
    let key = world.begin();
    let bytes = vec![7; 5_000_000];
    let (small, last) = (world.store(&key, 1, &bytes[1..]), world.store(&key, 2, b"last"));
    assert!(refused(&world.end(&key, json!([small, last])), 400).contains("at least 5000000"));
    let exact = world.store(&key, 1, &bytes);
    assert_eq!(world.end(&key, json!([exact, last])).status, 200);

    let world = World::with(|options| options.sink = true);
    let key = world.begin();
    let bytes = vec![7; 100_000_001];
    world.store(&key, 1, &bytes[1..]);
    assert_eq!(refused(&world.append(&key, "2", &bytes), 400), "a part holds at most 100000000 bytes");
    refused(&world.end(&key, json!([{ "etag": "x", "partNumber": 1 }, { "etag": "x", "partNumber": 2 }])), 400);
}

#[test]
fn forms_that_make_no_sense_are_refused() {
    let world = World::new();
    let start = |name: &str, value: &[u8]| {
        let mut fields = START.to_vec();
        fields.retain(|(known, _)| *known != name);
        if value != b"absent" {
            fields.push((name, value));
        }
        world.say("start", &fields)
    };
    for (name, value) in [
        ("fileName", &b"absent"[..]),
        ("fileExt", b"absent"),
        ("fileExt", b".pdf"),
        ("fileExt", b""),
        ("fileType", b"absent"),
        ("fileType", b"pdf"),
        ("jobType", b"absent"),
        ("jobType", b"index"),
        ("expiresInDays", b"soon"),
        ("expiryInDays", b"0"),
    ] {
        refused(&start(name, value), 400);
    }
    for (name, value) in [("expiresInDays", &b"30"[..]), ("expiryInDays", b"-1"), ("jobType", b"vectorize")] {
        assert_eq!(start(name, value).status, 200);
    }
    let key = world.begin();
    let (session, number, file) = (("key", key.as_bytes()), ("partNumber", &b"1"[..]), ("file", &b"a"[..]));
    for fields in [&[session, file, number][..], &[file, session, number], &[session, number], &[session], &[]] {
        refused(&world.say("append", fields), 400);
    }
    for number in ["0", "10001", "one", ""] {
        refused(&world.append(&key, number, b"a"), 400);
    }
    refused(&world.append("tmp_0000000000000000", "1", b"a"), 404);
    refused(&world.append("../../etc/passwd", "1", b"a"), 404);
    let bare = world.api("POST", "/subworkflow/v1/upload-session/start").header("x-api-key", "demo-key");
    refused(&bare.json(json!({})).send(), 400);
    let broken = world.form("/subworkflow/v1/upload-session/start", &START).header("x-api-key", "demo-key");
    refused(&broken.body(b"--XX\r\nContent-Disposition: form-data; name=\"fileName\"\r\n\r\na").send(), 400);
}

#[test]
fn an_aborted_session_is_unknown() {
    let world = World::new();
    let key = world.begin();
    let part = world.store(&key, 1, b"gone");
    let abort = || world.say("abort", &[("key", key.as_bytes())]);
    let first = abort();
    assert_eq!((first.status, first.json()), (200, json!({ "success": true })));
    refused(&abort(), 404);
    refused(&world.append(&key, "2", b"late"), 404);
    refused(&world.end(&key, json!([part])), 404);
    for id in [key.replace("tmp_", "dsj_"), world.begin().replace("tmp_", "dsj_"), "dsj_".into(), "x".into()] {
        let target = format!("/subworkflow/v1/jobs/{id}");
        refused(&world.api("GET", &target).header("x-api-key", "demo-key").send(), 404);
    }
}

#[test]
fn the_key_comes_in_a_header_or_in_the_query() {
    let world = World::new();
    let target = "/subworkflow/v1/upload_session/start";
    assert_eq!(world.form(&format!("{target}?api-key=demo-key"), &START).send().status, 200);
    assert_eq!(world.form(target, &START).header("x-api-key", "demo-key").send().status, 200);
    assert!(!json!(world.requests()).to_string().contains("demo-key"));
    let other = format!("{target}?api-key=other");
    for refused in [
        world.form(target, &START),
        world.form(&other, &START),
        world.form(target, &START).header("x-api-key", "other"),
        world.form(target, &START).header("authorization", "Bearer demo-key"),
    ] {
        let answer = refused.send();
        assert_eq!(answer.status, 401);
        assert_eq!(answer.json().as_object().unwrap().keys().collect::<Vec<_>>(), ["message"]);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    }
}

#[test]
fn rules_speak_of_the_part_that_the_form_names() {
    let world = World::new();
    let key = world.begin();
    let fault = json!({ "kind": "status", "status": 429, "headers": { "retry-after": "1" } });
    world.faults(json!([{ "service": "subworkflow", "step": "part", "part": 2, "times": 1, "fault": fault }]));
    let bytes = vec![7; 300_000];
    let first = world.store(&key, 1, &bytes);
    let limited = world.append(&key, "2", &bytes);
    assert_eq!((limited.status, limited.header("retry-after")), (429, Some("1")));
    let second = world.store(&key, 2, &bytes);
    assert_eq!(world.end(&key, json!([first, second])).status, 200);
    let rows = world.requests();
    assert!(rows.iter().all(|row| row["service"] == "subworkflow"));
    let steps: Vec<_> = rows.iter().map(|row| (row["step"].as_str().unwrap(), row["part"].as_u64())).collect();
    let part = |number| ("part", Some(number));
    assert_eq!(steps, [("create", None), part(1), part(2), part(2), ("complete", None)]);
}
