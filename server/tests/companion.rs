//! Conversations with `/s3/multipart`, step by step.

mod common;

use common::World;
use serde_json::{Value, json};

#[test]
fn an_upload_goes_from_create_to_a_stored_file() {
    let world = World::new();
    let create = json!({ "filename": "fünf \"x\" 🎉.mp4", "type": "video/mp4", "metadata": { "k": "v" } });
    let created = world.api("POST", "/s3/multipart/").json(create).send();
    assert_eq!(created.status, 200);
    let created = created.json();
    let (id, key) = (created["uploadId"].as_str().unwrap(), created["key"].as_str().unwrap());
    assert_eq!(created["bucket"], "upslice-s3");

    let signed = world.api("GET", &format!("/s3/multipart/{id}/1?key={key}")).send().json();
    assert_eq!(signed["expires"], 300);
    let first = world.put(signed["url"].as_str().unwrap(), b"hello ").send();
    assert_eq!(first.status, 200);
    assert_eq!(first.header("etag"), Some("\"f814893777bcc2295fff05f00e508da6\""));

    let batch = world.api("GET", &format!("/s3/multipart/{id}/batch?key={key}&partNumbers=2,7")).send().json();
    let urls = batch["presignedUrls"].as_object().unwrap();
    assert_eq!(urls.keys().collect::<Vec<_>>(), ["2", "7"]);
    assert_eq!(world.put(urls["7"].as_str().unwrap(), b"world").send().status, 200);

    let listed = world.api("GET", &format!("/s3/multipart/{id}?key={key}")).send().json();
    let expected = json!([
        { "PartNumber": 1, "ETag": "\"f814893777bcc2295fff05f00e508da6\"", "Size": 6 },
        { "PartNumber": 7, "ETag": "\"7d793037a0760186574b0282f2f435e7\"", "Size": 5 },
    ]);
    assert_eq!(listed, expected);

    let parts = json!({ "parts": [
        { "PartNumber": 1, "ETag": "\"f814893777bcc2295fff05f00e508da6\"" },
        { "PartNumber": 7, "ETag": "\"7d793037a0760186574b0282f2f435e7\"" },
    ] });
    let done = world.api("POST", &format!("/s3/multipart/{id}/complete?key={key}")).json(parts).send();
    let location = format!("http://{}/upslice-s3/{key}", world.at.storage);
    assert_eq!((done.status, done.json()), (200, json!({ "location": location, "bucket": "upslice-s3" })));

    let files = world.files();
    assert_eq!(files.len(), 1);
    let mut row = files[0].clone();
    assert!(row["completed_at"].take().as_str().unwrap().ends_with('Z'));
    let expected = json!({
        "service": "s3", "id": key, "name": "fünf \"x\" 🎉.mp4", "size": 11, "type": "video/mp4", "parts": 2,
        "sha256": "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9", "completed_at": null,
    });
    assert_eq!(row, expected);
    assert_eq!(world.api("GET", &format!("/_/files/{key}")).send().body, b"hello world");
}

#[test]
fn an_empty_file_is_one_empty_part() {
    let world = World::new();
    let upload = world.create();
    let etag = upload.store(1, b"");
    assert_eq!(etag, "\"d41d8cd98f00b204e9800998ecf8427e\"");
    assert_eq!(upload.complete(&[(1, &etag)]).status, 200);
    assert_eq!(world.files()[0]["size"], 0);
    assert_eq!(world.api("GET", &format!("/_/files/{}", upload.key)).send().body, b"");
}

#[test]
fn second_complete_answers_the_same() {
    let world = World::new();
    let upload = world.create();
    let etag = upload.store(1, b"once");
    let first = upload.complete(&[(1, &etag)]);
    let second = upload.complete(&[(1, &etag)]);
    assert_eq!((first.status, first.json()), (second.status, second.json()));
    assert_eq!(world.files().len(), 1);
    assert_eq!(upload.complete(&[(1, "\"other\"")]).companion_error(), (404, "s3: NoSuchUpload".into()));
}

#[test]
fn an_aborted_upload_is_unknown() {
    let world = World::new();
    let upload = world.create();
    let (etag, url) = (upload.store(1, b"gone"), upload.url(2));
    let abort = || world.api("DELETE", &upload.target("")).send();
    let first = abort();
    assert_eq!((first.status, first.json()), (200, json!({})));
    let unknown = (404, "s3: NoSuchUpload".to_owned());
    assert_eq!(abort().companion_error(), unknown);
    assert_eq!(upload.list().companion_error(), unknown);
    assert_eq!(upload.complete(&[(1, &etag)]).companion_error(), unknown);
    assert_eq!(world.api("GET", &upload.target("/1")).send().companion_error(), unknown);
    assert_eq!(world.put(&url, b"late").send().s3_error(), (404, "NoSuchUpload".into()));
}

#[test]
fn a_completed_upload_takes_nothing_more() {
    let world = World::new();
    let upload = world.create();
    let (etag, url) = (upload.store(1, b"whole"), upload.url(2));
    assert_eq!(upload.complete(&[(1, &etag)]).status, 200);
    assert_eq!(world.put(&url, b"late").send().s3_error(), (404, "NoSuchUpload".into()));
    assert_eq!(upload.list().companion_error(), (404, "s3: NoSuchUpload".into()));
    assert_eq!(world.api("DELETE", &upload.target("")).send().companion_error(), (404, "s3: NoSuchUpload".into()));
}

#[test]
fn completion_names_the_rule_that_was_broken() {
    let world = World::with(|options| options.min_part_size = 5 << 20);
    let upload = world.create();
    let (small, last) = (upload.store(1, b"small"), upload.store(2, b"last"));
    let refused = |parts: &[(u16, &str)], code: &str| {
        assert_eq!(upload.complete(parts).companion_error(), (400, format!("s3: {code}")));
    };
    refused(&[(1, &small), (2, &last)], "EntityTooSmall");
    refused(&[(2, &last), (1, &small)], "InvalidPartOrder");
    refused(&[(2, &last), (2, &last)], "InvalidPartOrder");
    refused(&[(1, &last), (2, &last)], "InvalidPart");
    refused(&[(1, &small), (3, &last)], "InvalidPart");
    refused(&[], "MalformedXML");
    // Nothing was changed by any of it.
    assert_eq!(upload.list().json().as_array().unwrap().len(), 2);
    assert_eq!(upload.complete(&[(2, &last)]).status, 200);
    assert_eq!(world.files()[0]["size"], 4);
}

#[test]
fn a_part_sent_again_replaces_the_first() {
    let world = World::new();
    let upload = world.create();
    let first = upload.store(1, b"first");
    let second = upload.store(1, b"second");
    assert_eq!(upload.complete(&[(1, &first)]).companion_error(), (400, "s3: InvalidPart".into()));
    assert_eq!(upload.complete(&[(1, &second)]).status, 200);
    assert_eq!(world.api("GET", &format!("/_/files/{}", upload.key)).send().body, b"second");
}

#[test]
fn requests_that_make_no_sense_are_refused_in_companions_words() {
    let world = World::new();
    let upload = world.create();
    let (id, key) = (&upload.id, &upload.key);
    let get = |target: String| world.api("GET", &target).send();
    let create = |body: Value| world.api("POST", "/s3/multipart").json(body).send();
    for refused in [
        create(json!({ "type": "a/b" })),
        create(json!({ "filename": "", "type": "a/b" })),
        create(json!({ "filename": "a", "type": 7 })),
        create(json!({ "filename": "a" })),
        create(json!({ "filename": "a", "type": "", "metadata": { "k": "ü" } })),
        create(json!({ "filename": "a", "type": "", "metadata": { "k": 1 } })),
        create(json!([])),
        world.api("POST", "/s3/multipart").header("content-type", "application/json").body(b"{\"filename\":").send(),
        world.api("POST", "/s3/multipart").body(b"{\"filename\":\"a\",\"type\":\"\"}").send(),
        get(format!("/s3/multipart/{id}/0?key={key}")),
        get(format!("/s3/multipart/{id}/10001?key={key}")),
        get(format!("/s3/multipart/{id}/one?key={key}")),
        get(format!("/s3/multipart/{id}/1")),
        get(format!("/s3/multipart/{id}/batch?key={key}")),
        get(format!("/s3/multipart/{id}/batch?key={key}&partNumbers=1,x")),
        get(format!("/s3/multipart/{id}")),
        world.api("POST", &upload.target("/complete")).json(json!({})).send(),
        world.api("POST", &upload.target("/complete")).json(json!({ "parts": [{ "PartNumber": 1 }] })).send(),
        world.api("POST", &upload.target("/complete")).json(json!({ "parts": "all" })).send(),
    ] {
        assert_eq!(refused.status, 400, "{}", refused.text());
        assert!(refused.json()["error"].as_str().unwrap().starts_with("s3: "));
    }
    for unknown in [
        get(format!("/s3/multipart/nobody/1?key={key}")),
        get(format!("/s3/multipart/{id}/1?key=other")),
        get(format!("/s3/multipart/{id}/1/2/3?key={key}")),
    ] {
        assert_eq!(unknown.status, 404);
        assert!(unknown.json()["error"].as_str().unwrap().starts_with("s3: "));
    }
    let wrong = world.api("PATCH", "/s3/multipart").send();
    assert_eq!((wrong.status, wrong.json()), (405, json!({ "error": "s3: method not allowed" })));
}

#[test]
fn an_upload_belongs_to_the_key_that_began_it() {
    let world = World::new();
    let own = world.create_as(Some("demo-key"));
    assert_eq!(own.list().companion_error(), (404, "s3: NoSuchUpload".into()));
    let with = |name: &str, key: &str| world.api("GET", &own.target("")).header(name, key).send();
    assert_eq!(with("x-api-key", "demo-key").status, 200);
    assert_eq!(with("authorization", "Bearer demo-key").status, 200);
    for (name, key) in [("x-api-key", "other"), ("authorization", "Bearer other"), ("authorization", "Basic demo-key")]
    {
        let refused = with(name, key);
        assert_eq!(refused.status, 401);
        assert!(refused.json()["error"].is_string());
    }
    let nobodys = world.create();
    let taken = world.api("GET", &nobodys.target("")).header("x-api-key", "demo-key").send();
    assert_eq!(taken.companion_error(), (404, "s3: NoSuchUpload".into()));
}

#[test]
fn a_sink_remembers_sizes_and_no_bytes() {
    let world = World::with(|options| options.sink = true);
    let upload = world.create();
    let etag = upload.store(1, &[7; 100_000]);
    assert_eq!(upload.store(1, b"other"), etag);
    assert!(etag.starts_with('"'));
    assert_eq!(upload.complete(&[(1, &etag)]).status, 200);
    let file = &world.files()[0];
    assert_eq!((&file["size"], &file["sha256"]), (&json!(5), &Value::Null));
    assert_eq!(world.api("GET", &format!("/_/files/{}", upload.key)).send().status, 410);
}

#[test]
fn the_log_tells_the_dialogue_and_no_secrets() {
    let world = World::new();
    let upload = world.create_as(Some("demo-key"));
    let sign = world.api("GET", &upload.target("/2")).header("authorization", "Bearer demo-key").send();
    let url = sign.json()["url"].as_str().unwrap().to_owned();
    world.put(&url, b"12345").header("cookie", "a=b").send();
    let rows = world.requests();
    let steps: Vec<_> = rows.iter().map(|row| row["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["create", "sign", "part"]);
    let part = &rows[2];
    assert_eq!((&part["part"], &part["requestBytes"], &part["status"]), (&json!(2), &json!(5), &json!(200)));
    assert!(part["endMs"].as_f64() >= part["startMs"].as_f64());
    let text = json!(rows).to_string();
    let signature = url.split("X-Amz-Signature=").nth(1).unwrap();
    assert!(!text.contains("demo-key") && !text.contains("a=b") && !text.contains(signature));
    assert_eq!(world.api("DELETE", "/_/requests").send().status, 204);
    assert!(world.requests().is_empty());
}
