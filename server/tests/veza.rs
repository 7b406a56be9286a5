//! Conversations with Veza's `:parts`, step by step.

mod common;

use common::{Answer, Request, World};
use serde_json::{Value, json};

const PARTS: &str = "/veza/api/v1/providers/custom/prov-1/datasources/ds-1:parts";

trait Veza {
    fn parts(&self, body: Value) -> Request;
    fn begin(&self) -> String;
    fn say(&self, body: Value) -> Answer;
}

impl Veza for World {
    fn parts(&self, body: Value) -> Request {
        self.api("POST", PARTS).header("authorization", "Bearer demo-key").json(body)
    }

    fn say(&self, body: Value) -> Answer {
        self.parts(body).send()
    }

    fn begin(&self) -> String {
        self.say(json!({ "operation": "start" })).json()["upload_id"].as_str().unwrap().to_owned()
    }
}

fn upload(id: &str, number: u16, data: &str) -> Value {
    json!({ "operation": "upload", "upload_id": id, "sequence_number": number, "data": data })
}

fn complete(id: &str, count: u16) -> Value {
    json!({ "operation": "complete", "upload_id": id, "sequence_count": count })
}

/// The status, the code and the first violated field.
fn refusal(answer: &Answer) -> (u16, String, String) {
    let body = answer.json();
    let said = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    assert!(body["message"].is_string() && body["request_id"].is_string() && body["timestamp"].is_string());
    (answer.status, said(&body["code"]), said(&body["details"][0]["field_violations"][0]["field"]))
}

fn invalid(field: &str) -> (u16, String, String) {
    (400, "InvalidArgument".into(), field.into())
}

fn not_found() -> (u16, String, String) {
    (404, "NotFound".into(), String::new())
}

#[test]
fn an_upload_goes_from_start_to_a_stored_file() {
    let world = World::new();
    let started = world.say(json!({ "operation": "start" }));
    let id = started.json()["upload_id"].as_str().unwrap().to_owned();
    assert_eq!((started.status, started.json()), (200, json!({ "status": "success", "upload_id": id })));
    // The cut is inside a letter; the second part comes first, and the first one twice.
    let success = (200, json!({ "status": "success" }));
    for (number, data) in [(2, "qSI="), (1, "b2xk"), (1, "IsM=")] {
        let answer = world.say(upload(&id, number, data));
        assert_eq!((answer.status, answer.json()), success);
    }
    let done = json!({ "status": "success", "warnings": [] });
    let answer = world.say(complete(&id, 2));
    assert_eq!((answer.status, answer.json()), (200, done.clone()));
    let again = world.say(complete(&id, 2));
    assert_eq!((again.status, again.json()), (200, done));

    let mut row = world.files().remove(0);
    assert!(row["completed_at"].take().is_string());
    assert_eq!(row["sha256"].take().as_str().unwrap().len(), 64);
    let expected = json!({
        "service": "veza", "id": id, "name": "ds-1", "size": 4, "type": "application/json", "parts": 2,
        "sha256": null, "completed_at": null,
    });
    assert_eq!(row, expected);
    assert_eq!(world.api("GET", &format!("/_/files/{id}")).send().body, "\"é\"".as_bytes());
}

#[test]
fn nothing_at_all_is_an_empty_object() {
    let world = World::new();
    let id = world.begin();
    assert_eq!(world.say(complete(&id, 0)).status, 200);
    assert_eq!(world.say(complete(&id, 0)).status, 200);
    let file = &world.files()[0];
    assert_eq!((&file["size"], &file["parts"]), (&json!(0), &json!(0)));
    assert_eq!(file["sha256"], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

#[test]
fn completion_wants_every_number_and_no_other() {
    let world = World::new();
    let id = world.begin();
    world.say(upload(&id, 1, "YQ=="));
    world.say(upload(&id, 3, "Yw=="));
    for count in [0, 1, 2, 3, 4] {
        assert_eq!(refusal(&world.say(complete(&id, count))), invalid("sequence_count"), "{count}");
    }
    world.say(upload(&id, 2, "Yg=="));
    assert_eq!(world.say(complete(&id, 3)).status, 200);
    assert_eq!(refusal(&world.say(complete(&id, 2))), invalid("sequence_count"));
    assert_eq!(refusal(&world.say(upload(&id, 4, "ZA=="))), not_found());
    assert_eq!(world.api("GET", &format!("/_/files/{id}")).send().body, b"abc");
}

#[test]
fn a_field_that_breaks_a_rule_is_named() {
    let world = World::new();
    let id = world.begin();
    let with = |field: &str, value: Value| {
        let mut body = upload(&id, 1, "YQ==");
        body[field] = value;
        world.say(body)
    };
    for (field, value) in [
        ("operation", json!("push")),
        ("operation", json!(7)),
        ("operation", Value::Null),
        ("upload_id", Value::Null),
        ("sequence_number", json!(0)),
        ("sequence_number", json!(100)),
        ("sequence_number", json!("1")),
        ("sequence_number", json!(-1)),
        ("sequence_number", Value::Null),
        ("data", Value::Null),
        ("data", json!("YQ")),
        ("data", json!("_-8=")),
        ("data", json!("YQ==\n")),
        ("data", json!([1])),
    ] {
        assert_eq!(refusal(&with(field, value.clone())), invalid(field), "{field} {value}");
    }
    assert_eq!(with("sequence_number", json!(99)).status, 200);
    assert_eq!(refusal(&world.say(complete(&id, 100))), invalid("sequence_count"));
    let missing = json!({ "operation": "complete", "upload_id": id });
    assert_eq!(refusal(&world.say(missing)), invalid("sequence_count"));

    let post = || world.api("POST", PARTS).header("authorization", "Bearer demo-key");
    for body in [&b"{\"operation\":"[..], b"[]", b"", b"{}x"] {
        let answer = post().header("content-type", "application/json").body(body).send();
        assert_eq!(refusal(&answer), invalid("body"), "{body:?}");
    }
    assert_eq!(refusal(&post().body(b"{\"operation\":\"start\"}").send()), invalid("body"));
}

#[test]
fn an_upload_id_is_known_where_it_was_given_only() {
    let world = World::new();
    let id = world.begin();
    assert_eq!(refusal(&world.say(upload("7e4b", 1, "YQ=="))), not_found());
    assert_eq!(refusal(&world.say(complete("../../etc/passwd", 0))), not_found());
    let at =
        |path: &str, body: Value| world.api("POST", path).header("authorization", "Bearer demo-key").json(body).send();
    let other = PARTS.replace("ds-1", "ds-2");
    assert_eq!(refusal(&at(&other, upload(&id, 1, "YQ=="))), not_found());
    assert_eq!(refusal(&at(&PARTS.replace(":parts", ":push"), json!({}))), not_found());
    assert_eq!(at("/veza/api/v1/elsewhere", json!({})).status, 404);
    // The SDK knows no prefix.
    assert_eq!(at(PARTS.strip_prefix("/veza").unwrap(), upload(&id, 1, "YQ==")).status, 200);
}

#[test]
fn only_the_key_as_a_bearer_token_is_let_in() {
    let world = World::new();
    let start = || world.api("POST", PARTS).json(json!({ "operation": "start" }));
    let refused = (401, "Unauthenticated".to_owned(), String::new());
    assert_eq!(refusal(&start().send()), refused);
    for (name, value) in [("authorization", "Bearer other"), ("authorization", "demo-key"), ("x-api-key", "demo-key")] {
        let answer = start().header(name, value).header("origin", "https://app.example").send();
        assert_eq!(refusal(&answer), refused);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    }
}

#[test]
fn a_page_of_another_origin_may_ask() {
    let world = World::new();
    let preflight = world
        .api("OPTIONS", PARTS)
        .header("origin", "https://app.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type")
        .send();
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));
    assert_eq!(preflight.header("access-control-allow-headers"), Some("authorization,content-type"));
}

#[test]
fn the_sdk_finds_every_provider_it_asks_for() {
    let world = World::new();
    let get = |path: &str| world.api("GET", path).header("authorization", "Bearer demo-key").send().json();
    assert_eq!(get("/api/v1/providers/custom/templates"), json!({ "values": [], "has_more": false }));
    let found = get("/api/v1/providers/custom?filter=name+eq+%22P+1%22");
    assert_eq!((&found["values"][0]["name"], &found["has_more"]), (&json!("P 1"), &json!(false)));
    let id = found["values"][0]["id"].as_str().unwrap();
    let source = get(&format!("/veza/api/v1/providers/custom/{id}/datasources?filter=name+eq+%22D%22"));
    assert_eq!((&source["values"][0]["name"], &source["values"][0]["status"]), (&json!("D"), &json!("SUCCESS")));
    assert_eq!(get("/veza/api/v1/providers/custom"), json!({ "values": [], "has_more": false }));
}

#[test]
fn rules_speak_of_what_only_the_body_tells() {
    let world = World::new();
    let id = world.begin();
    let fault = json!({ "kind": "status", "status": 503 });
    world.faults(json!([{ "service": "veza", "step": "part", "part": 2, "times": 1, "fault": fault }]));
    let long = "YWFh".repeat(100_000);
    // Written as the SDK does it: the bytes come last.
    let send = |number: u16| {
        let fields = format!("\"operation\":\"upload\",\"upload_id\":\"{id}\",\"sequence_number\":{number}");
        let request = world.api("POST", PARTS).header("authorization", "Bearer demo-key");
        let body = format!("{{{fields},\"data\":\"{long}\"}}");
        request.header("content-type", "application/json").body(body.as_bytes()).send()
    };
    assert_eq!(send(1).status, 200);
    assert_eq!(send(2).status, 503);
    assert_eq!(refusal(&world.say(complete(&id, 2))), invalid("sequence_count"));
    assert_eq!(send(2).status, 200);
    assert_eq!(world.say(complete(&id, 2)).status, 200);
    assert_eq!(world.files()[0]["size"], 600_000);
    let rows = world.requests();
    let steps: Vec<_> =
        rows.iter().map(|row| (row["service"].as_str(), row["step"].as_str(), row["part"].as_u64())).collect();
    let veza = |step, part| (Some("veza"), Some(step), part);
    let part = |number| veza("part", Some(number));
    let end = veza("complete", None);
    assert_eq!(steps, [veza("create", None), part(1), part(2), end, part(2), end]);
}

#[test]
fn an_upload_goes_on_after_a_restart() {
    let mut world = World::new();
    let id = world.begin();
    world.say(upload(&id, 1, "YQ=="));
    world.restart();
    world.say(upload(&id, 2, "Yg=="));
    assert_eq!(world.say(complete(&id, 2)).status, 200);
    world.restart();
    assert_eq!(world.say(complete(&id, 2)).status, 200);
    assert_eq!(world.api("GET", &format!("/_/files/{id}")).send().body, b"ab");
}

#[test]
fn the_largest_part_of_the_sdk_fits_and_no_body_beyond_it() {
    let world = World::with(|options| options.sink = true);
    let id = world.begin();
    let head = format!("{{\"operation\":\"upload\",\"upload_id\":\"{id}\",\"sequence_number\":1,\"data\":\"");
    let send = |bytes: usize| {
        let body = [head.as_bytes(), &vec![b'A'; bytes.div_ceil(3) * 4], b"\"}"].concat();
        let request = world.api("POST", PARTS).header("authorization", "Bearer demo-key");
        request.header("content-type", "application/json").body(&body).send().status
    };
    assert_eq!(send(100_000_000), 200);
    assert_eq!(send(105_000_000), 413);
}
