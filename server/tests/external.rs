//! An S3 store elsewhere: another of these servers, whose storage origin is one.

mod common;

use std::collections::HashMap;

use common::World;
use rusty_s3::Credentials;
use serde_json::{Value, json};
use upslice_server::options::ExternalOptions;

fn relaying_to(store: &World) -> World {
    let text = std::fs::read(store.data.join("secret.json")).unwrap();
    let secret: HashMap<String, String> = serde_json::from_slice(&text).unwrap();
    let external = ExternalOptions {
        endpoint: format!("http://{}", store.at.storage).parse().unwrap(),
        bucket: "upslice-s3".into(),
        region: "us-east-1".into(),
        credentials: Credentials::new(&secret["access_key"], &secret["secret_key"]),
    };
    World::with(|options| options.external = Some(external))
}

#[test]
fn an_upload_lands_in_the_other_store() {
    let store = World::new();
    let world = relaying_to(&store);
    let upload = world.create();
    let signed = upload.url(1);
    assert!(signed.starts_with(&format!("http://{}/upslice-s3/", store.at.storage)), "{signed}");
    let first = store.put(&upload.url(1), b"far ").send().header("etag").unwrap().to_owned();
    let third = store.put(&upload.url(3), b"away").send().header("etag").unwrap().to_owned();
    let expected = json!([
        { "PartNumber": 1, "ETag": first, "Size": 4 },
        { "PartNumber": 3, "ETag": third, "Size": 4 },
    ]);
    assert_eq!(upload.list().json(), expected);
    let parts = [(1, &*first), (3, &*third)];
    let done = upload.complete(&parts);
    assert_eq!(done.json()["location"], format!("http://{}/upslice-s3/{}", store.at.storage, upload.key));
    assert_eq!(upload.complete(&parts).json(), done.json());
    assert_eq!(store.api("GET", &format!("/_/files/{}", upload.key)).send().body, b"far away");

    let row = &world.files()[0];
    assert_eq!((&row["name"], &row["size"], &row["parts"]), (&json!("a.bin"), &json!(8), &json!(2)));
    let download = world.api("GET", &format!("/_/files/{}", upload.key)).send();
    assert_eq!(download.status, 302);
    assert!(download.header("location").unwrap().contains("X-Amz-Signature="));
}

#[test]
fn the_other_stores_refusals_come_through() {
    let store = World::new();
    let world = relaying_to(&store);
    let upload = world.create();
    assert_eq!(upload.complete(&[(1, "\"none\"")]).companion_error(), (400, "s3: InvalidPart".into()));
    assert_eq!(world.api("DELETE", &upload.target("")).send().status, 200);
    assert_eq!(upload.list().companion_error(), (404, "s3: NoSuchUpload".into()));
}

#[test]
fn a_store_that_is_away_is_a_bad_gateway() {
    let store = World::new();
    let world = relaying_to(&store);
    drop(store);
    let answer = world.api("POST", "/s3/multipart").json(json!({ "filename": "a", "type": "" })).send();
    assert_eq!(answer.companion_error(), (502, "s3: InternalError".into()));
}

#[test]
fn parts_that_come_to_the_service_itself_are_handed_on() {
    let store = World::new();
    let mut world = relaying_to(&store);
    let target = "/veza/api/v1/providers/custom/p/datasources/d:parts";
    let say = |world: &World, body: Value| {
        world.api("POST", target).header("authorization", "Bearer demo-key").json(body).send()
    };
    let start =
        |world: &World| say(world, json!({ "operation": "start" })).json()["upload_id"].as_str().unwrap().to_owned();
    let complete = |id: &str, count: u16| json!({ "operation": "complete", "upload_id": id, "sequence_count": count });
    let (id, empty) = (start(&world), start(&world));
    world.restart();
    for (number, data) in [(2, "YXdheQ=="), (1, "ZmFyIA==")] {
        let body = json!({ "operation": "upload", "upload_id": id, "sequence_number": number, "data": data });
        assert_eq!(say(&world, body).status, 200);
    }
    for (id, count) in [(&id, 2), (&id, 2), (&empty, 0), (&empty, 0)] {
        let answer = say(&world, complete(id, count));
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert_eq!(store.api("GET", &format!("/_/files/{id}")).send().body, b"far away");
    assert_eq!(store.api("GET", &format!("/_/files/{empty}")).send().body, b"");
    assert_eq!(world.files()[0]["parts"], 0);
}

#[test]
fn what_was_reported_is_remembered_here() {
    let store = World::new();
    let mut world = relaying_to(&store);
    const UPLOADS: &str = "/twelvelabs/v1.3/assets/multipart-uploads";
    let call = |world: &World, method: &str, target: &str| {
        world.api(method, &format!("{UPLOADS}{target}")).header("x-api-key", "demo-key")
    };
    let body = json!({ "filename": "a", "type": "video", "total_size": 2 });
    let created = call(&world, "POST", "").json(body).send().json();
    let target = format!("/{}", created["upload_id"].as_str().unwrap());
    let report = |world: &World, index: usize| {
        let url = created["upload_urls"][index - 1]["url"].as_str().unwrap();
        let etag = store.put(url, &[b'0' + index as u8]).send().header("etag").unwrap().replace('"', "");
        let chunk = json!({ "chunk_index": index, "proof": etag, "proof_type": "etag", "chunk_size": 1 });
        call(world, "POST", &target).json(json!({ "completed_chunks": [chunk] })).send().json()
    };
    assert_eq!(report(&world, 2)["total_completed"], 1);
    world.restart();
    assert_eq!(call(&world, "GET", "").send().json()["page_info"]["total_results"], 1);
    assert_eq!(call(&world, "GET", &target).send().json()["chunks_completed"], 1);
    assert!(report(&world, 1)["url"].is_string());
    assert_eq!(call(&world, "GET", "").send().json()["data"], json!([]));
    let asset = created["asset_id"].as_str().unwrap();
    assert_eq!(store.api("GET", &format!("/_/files/{asset}")).send().body, b"12");
}

#[test]
fn a_part_is_held_to_its_digest_before_it_is_handed_on() {
    let store = World::new();
    let world = relaying_to(&store);
    let call = |method: &str, target: &str| world.api(method, target).header("authorization", "Bearer demo-key");
    let start = || {
        let target = "/here/blobstore/v1/catalogs/hrn:c/layers/l/data/h/multiparts";
        let links = call("POST", target).json(json!({ "contentType": "a/b" })).send().json();
        url::Url::parse(links["links"]["complete"]["href"].as_str().unwrap()).unwrap().path().to_owned()
    };
    let part = |path: &str, digest: &str| {
        let part = call("POST", &format!("{path}/parts?partNumber=1")).header("content-type", "a/b");
        part.header("x-here-digest", digest).body(b"hello world").send()
    };
    let complete = |path: &str, etag: &str| {
        call("PUT", path).json(json!({ "parts": [{ "etag": etag, "number": 1 }] })).send().status
    };
    let spoiled = start();
    assert_eq!(part(&spoiled, "CRC-32C:00000000").status, 400);
    let stored = part(&spoiled, "CRC-32C:c99465aa");
    assert_eq!(complete(&spoiled, stored.header("etag").unwrap()), 400);
    assert_eq!(call("DELETE", &spoiled).send().status, 204);
    let path = start();
    let stored = part(&path, "CRC-32C:c99465aa");
    assert_eq!(complete(&path, stored.header("etag").unwrap()), 204);
    let (_, token) = path.rsplit_once('/').unwrap();
    assert_eq!(store.api("GET", &format!("/_/files/{token}")).send().body, b"hello world");
}
