//! Conversations with Gjirafa VP's upload API, step by step.

mod common;

use common::{Answer, World};
use serde_json::{Value, json};

trait Gjirafa {
    fn say(&self, method: &str, last: &str, body: Value) -> Answer;
    fn begin(&self, parts: u64) -> Session;
    fn done(&self, session: &Session, partial: Option<bool>, parts: &[(u16, &str)]) -> Answer;
}

struct Session {
    key: String,
    urls: Vec<String>,
}

impl Gjirafa for World {
    fn say(&self, method: &str, last: &str, body: Value) -> Answer {
        let target = format!("/gjirafa/api/projects/p1/uploads/{last}");
        self.api(method, &target).header("authorization", "demo-key").json(body).send()
    }

    fn begin(&self, parts: u64) -> Session {
        let body = json!({ "partsNumber": parts, "fileName": "a.mp4", "contentLength": "9", "mimeType": "video/mp4" });
        let result = result(&self.say("POST", "multipart", body));
        let rows = result["presignedUrl"].as_array().unwrap();
        let urls = rows.iter().map(|row| row["presignedUrl"].as_str().unwrap().to_owned()).collect();
        Session { key: result["requestKey"].as_str().unwrap().to_owned(), urls }
    }

    fn done(&self, session: &Session, partial: Option<bool>, parts: &[(u16, &str)]) -> Answer {
        let parts: Vec<_> = parts.iter().map(|(at, etag)| json!({ "partNumber": at, "eTag": etag })).collect();
        let mut body = json!({ "requestKey": session.key, "parts": parts });
        if let Some(partial) = partial {
            body["allowPartialComplete"] = partial.into();
        }
        self.say("PUT", "multipart-complete", body)
    }
}

impl Session {
    /// Stores a part and returns its bare ETag.
    fn store(&self, world: &World, part: usize, body: &[u8]) -> String {
        let answer = world.put(&self.urls[part - 1], body).send();
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.header("etag").unwrap().trim_matches('"').to_owned()
    }
}

/// The result in an envelope that is otherwise as it should be.
fn result(answer: &Answer) -> Value {
    let mut body = answer.json();
    let result = body["result"].take();
    let envelope =
        json!({ "success": true, "errors": [], "messages": [], "result": null, "resultInfo": null, "statusCode": 200 });
    assert_eq!((answer.status, body), (200, envelope));
    result
}

/// The one error of an envelope that is otherwise as it should be.
fn refused(answer: &Answer, status: u16) -> String {
    let mut body = answer.json();
    let errors = body["errors"].take();
    let envelope = json!({
        "success": false, "errors": null, "messages": [], "result": null, "resultInfo": null, "statusCode": status,
    });
    assert_eq!((answer.status, body), (status, envelope));
    assert_eq!(errors.as_array().unwrap().len(), 1);
    errors[0].as_str().unwrap().to_owned()
}

#[test]
fn an_upload_goes_from_start_to_a_stored_file() {
    let world = World::new();
    let body = json!({
        "partsNumber": 2, "fileName": "../fünf.mp4", "contentLength": "11", "mimeType": "video/mp4",
        "enableDuplicateCheck": false, "fileHash": null, "presignedUrlExpiryTimeHours": null,
    });
    let started = result(&world.say("POST", "multipart", body));
    let key = started["requestKey"].as_str().unwrap();
    assert!(started["uploadId"].is_string());
    let rows = started["presignedUrl"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| row["partNumber"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2]);
    let url = |at: usize| rows[at]["presignedUrl"].as_str().unwrap();
    assert!(url(0).starts_with(&format!("http://{}/upslice-gjirafa/{key}?", world.at.storage)), "{}", url(0));
    assert!(url(0).contains("X-Amz-Expires=43200"));
    assert_eq!(world.put(url(1), b"world").send().header("etag"), Some("\"7d793037a0760186574b0282f2f435e7\""));
    assert_eq!(world.put(url(0), b"hello ").send().header("etag"), Some("\"f814893777bcc2295fff05f00e508da6\""));

    // With quotes and without.
    let parts = json!([
        { "partNumber": 1, "eTag": "\"f814893777bcc2295fff05f00e508da6\"" },
        { "partNumber": 2, "eTag": "7d793037a0760186574b0282f2f435e7" },
    ]);
    let complete = || {
        let body = json!({ "requestKey": key, "allowPartialComplete": false, "parts": parts });
        result(&world.say("PUT", "multipart-complete", body))
    };
    assert_eq!(complete(), json!(true));
    assert_eq!(complete(), json!(true));

    let mut row = world.files().remove(0);
    assert!(row["completed_at"].take().is_string());
    let expected = json!({
        "service": "gjirafa", "id": key, "name": "../fünf.mp4", "size": 11, "type": "video/mp4", "parts": 2,
        "sha256": "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9", "completed_at": null,
    });
    assert_eq!(row, expected);
    assert_eq!(world.api("GET", &format!("/_/files/{key}")).send().body, b"hello world");
}

#[test]
fn resuming_signs_what_is_missing() {
    let mut world = World::new();
    let session = world.begin(3);
    let second = session.store(&world, 2, b"b");
    world.restart();
    let resume = || {
        let body = json!({ "requestKey": session.key, "presignedUrlExpiryTimeHours": 168 });
        world.say("POST", "multipart-resume", body)
    };
    let result = result(&resume());
    assert_eq!(result["requestKey"], session.key);
    let rows = result["presignedUrl"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| row["partNumber"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 3]);
    let url = |at: usize| rows[at]["presignedUrl"].as_str().unwrap().to_owned();
    assert!(url(0).contains("X-Amz-Expires=604800"));
    let fresh = Session { key: session.key.clone(), urls: vec![url(0), String::new(), url(1)] };
    let (first, third) = (fresh.store(&world, 1, b"a"), fresh.store(&world, 3, b"c"));
    assert_eq!(world.done(&session, Some(false), &[(1, &first), (2, &second), (3, &third)]).status, 200);
    refused(&resume(), 404);
    assert_eq!(world.api("GET", &format!("/_/files/{}", session.key)).send().body, b"abc");
}

#[test]
fn a_partial_upload_completes_unless_forbidden() {
    let world = World::new();
    let session = world.begin(3);
    let (first, third) = (session.store(&world, 1, b"a"), session.store(&world, 3, b"c"));
    let parts = [(1, &*first), (3, &*third)];
    refused(&world.done(&session, Some(false), &parts), 400);
    refused(&world.done(&session, Some(false), &[(1, &first), (2, "none"), (3, &third)]), 400);
    refused(&world.done(&session, None, &[]), 400);
    refused(&world.done(&session, None, &[(2, &first)]), 400);
    assert!(refused(&world.done(&session, None, &[(3, &third), (1, &first)]), 400).starts_with("InvalidPartOrder"));
    let done = world.done(&session, None, &[(1, &first), (2, "none"), (3, &third)]);
    assert_eq!((done.status, &done.json()["result"]), (200, &json!(true)));
    assert_eq!(done.json()["messages"], json!(["completed without these parts: 2"]));
    assert_eq!(world.done(&session, None, &parts).status, 200);
    assert!(refused(&world.done(&session, None, &[(1, &first)]), 404).starts_with("NoSuchUpload"));
    assert_eq!(world.api("GET", &format!("/_/files/{}", session.key)).send().body, b"ac");
}

#[test]
fn parts_obey_the_rules_of_s3() {
    let world = World::with(|options| options.min_part_size = 5 << 20);
    let session = world.begin(2);
    let (small, last) = (session.store(&world, 1, b"small"), session.store(&world, 2, b"last"));
    assert!(refused(&world.done(&session, None, &[(1, &small), (2, &last)]), 400).starts_with("EntityTooSmall"));
}

#[test]
fn an_aborted_upload_is_unknown() {
    let world = World::new();
    let session = world.begin(1);
    let abort = || world.say("PUT", "multipart-abort", json!({ "requestKey": session.key }));
    assert_eq!(result(&abort()), json!(true));
    refused(&abort(), 404);
    refused(&world.done(&session, None, &[(1, "x")]), 404);
    refused(&world.say("POST", "multipart-resume", json!({ "requestKey": session.key })), 404);
    assert_eq!(world.put(&session.urls[0], b"late").send().s3_error(), (404, "NoSuchUpload".into()));
    let elsewhere = world.begin(1);
    let target = "/gjirafa/api/projects/p2/uploads/multipart-abort";
    let request = world.api("PUT", target).header("authorization", "Bearer demo-key");
    refused(&request.json(json!({ "requestKey": elsewhere.key })).send(), 404);
}

#[test]
fn a_duplicate_is_refused_where_both_wanted_the_check() {
    let world = World::new();
    let start = |check: bool, hash: Value| {
        let body = json!({ "partsNumber": 1, "fileName": "a", "enableDuplicateCheck": check, "fileHash": hash });
        world.say("POST", "multipart", body)
    };
    let finish = |answer: Answer| {
        let result = result(&answer);
        let url = result["presignedUrl"][0]["presignedUrl"].as_str().unwrap().to_owned();
        let session = Session { key: result["requestKey"].as_str().unwrap().to_owned(), urls: vec![url] };
        let etag = session.store(&world, 1, b"same");
        assert_eq!(world.done(&session, None, &[(1, &etag)]).status, 200);
    };
    assert!(refused(&start(true, Value::Null), 400).contains("fileHash"));
    finish(start(false, json!("h")));
    // Begun but not completed is no duplicate.
    result(&start(true, json!("h")));
    finish(start(true, json!("h")));
    assert!(refused(&start(true, json!("h")), 400).contains("already"));
    finish(start(true, json!("other")));
    finish(start(false, json!("h")));
}

#[test]
fn requests_that_make_no_sense_are_refused_in_the_envelope() {
    let world = World::new();
    let session = world.begin(1);
    let start = |field: &str, value: Value| {
        let mut body = json!({ "partsNumber": 1, "fileName": "a" });
        body[field] = value;
        world.say("POST", "multipart", body)
    };
    for (field, value) in [
        ("partsNumber", json!(0)),
        ("partsNumber", json!(10_001)),
        ("partsNumber", json!("1")),
        ("partsNumber", Value::Null),
        ("fileName", json!("")),
        ("fileName", Value::Null),
        ("contentLength", json!(9)),
        ("contentLength", json!("9 bytes")),
        ("presignedUrlExpiryTimeHours", json!(0)),
        ("presignedUrlExpiryTimeHours", json!(169)),
    ] {
        let error = refused(&start(field, value.clone()), 400);
        assert!(error.contains(field), "{field} {value}: {error}");
    }
    let complete =
        |parts: Value| world.say("PUT", "multipart-complete", json!({ "requestKey": session.key, "parts": parts }));
    for parts in [Value::Null, json!({}), json!([{ "partNumber": 1 }]), json!([{ "partNumber": 0, "eTag": "x" }])] {
        refused(&complete(parts), 400);
    }
    refused(&world.say("PUT", "multipart-complete", json!({ "parts": [] })), 400);
    refused(&world.say("POST", "multipart", json!([1, "a"])), 400);
    refused(&world.say("PUT", "multipart-abort", json!({ "requestKey": "../../etc/passwd" })), 404);
    refused(&world.say("POST", "elsewhere", json!({})), 404);
    refused(&world.say("POST", "multipart-abort", json!({})), 405);
    let target = "/gjirafa/api/projects/p1/uploads/multipart";
    let text = world.api("POST", target).header("authorization", "demo-key").body(b"{}").send();
    refused(&text, 400);
    for (name, key) in [("authorization", "other"), ("authorization", "Basic demo-key"), ("x-api-key", "demo-key")] {
        refused(&world.api("POST", target).header(name, key).json(json!({})).send(), 401);
    }
    refused(&world.api("POST", target).json(json!({})).send(), 401);
}

#[test]
fn rules_reach_the_parts_at_the_storage_origin() {
    let world = World::new();
    let session = world.begin(2);
    let fault = json!({ "kind": "status", "status": 503 });
    world.faults(json!([
        { "service": "gjirafa", "step": "part", "part": 2, "times": 1, "fault": fault },
        { "service": "gjirafa", "step": "complete", "times": 1, "fault": { "kind": "lost" } },
    ]));
    let first = session.store(&world, 1, b"a");
    assert_eq!(world.put(&session.urls[1], b"b").send().status, 503);
    let second = session.store(&world, 2, b"b");
    let parts = json!([{ "partNumber": 1, "eTag": first }, { "partNumber": 2, "eTag": second }]);
    let target = "/gjirafa/api/projects/p1/uploads/multipart-complete";
    let request = world.api("PUT", target).header("authorization", "demo-key");
    assert!(request.json(json!({ "requestKey": session.key, "parts": parts })).try_send().is_err());
    assert_eq!(world.done(&session, Some(false), &[(1, &first), (2, &second)]).status, 200);
    result(&world.say("PUT", "multipart-abort", json!({ "requestKey": world.begin(1).key })));
    let rows = world.requests();
    assert!(rows.iter().all(|row| row["service"] == "gjirafa"));
    let steps: Vec<_> = rows.iter().map(|row| (row["step"].as_str().unwrap(), row["part"].as_u64())).collect();
    let part = |number| ("part", Some(number));
    let (create, complete, abort) = (("create", None), ("complete", None), ("abort", None));
    assert_eq!(steps, [create, part(1), part(2), part(2), complete, complete, create, abort]);
}
