//! What is refused, in the service's own words, and what rules reach.

use serde_json::{Value, json};

use crate::common::World;
use crate::talk::{BASE, TwelveLabs as _, refused, stored, urls, world_of_fives, wrong};

#[test]
fn a_report_wants_chunks_as_they_were_stored() {
    let world = world_of_fives();
    let session = world.begin(11);
    let good = session.store(&world, 1, b"hello");
    session.store(&world, 2, b"short"[..4].as_ref());
    let with = |field: &str, value: Value| {
        let mut chunk = good.clone();
        chunk[field] = value;
        session.report(&world, &[&good, &chunk])
    };
    let quoted = format!("\"{}\"", good["proof"].as_str().unwrap());
    for (answer, field) in [
        (with("chunk_index", json!(0)), "completed_chunks[1].chunk_index"),
        (with("chunk_index", json!("1")), "completed_chunks[1].chunk_index"),
        (with("chunk_index", json!(4)), "chunk_index"),
        (with("proof", json!("")), "completed_chunks[1].proof"),
        (with("proof", json!("d41d8cd98f00b204e9800998ecf8427e")), "proof"),
        (with("proof", json!(quoted)), "proof"),
        (with("proof_type", json!("md5")), "completed_chunks[1].proof_type"),
        (with("chunk_size", json!(4)), "chunk_size"),
        (with("chunk_size", json!(null)), "completed_chunks[1].chunk_size"),
        (with("chunk_index", json!(2)), "proof"),
        (session.report(&world, &[]), "completed_chunks"),
        (session.report(&world, &[&json!(1)]), "completed_chunks[0]"),
    ] {
        wrong(&answer, "parameter_invalid", field);
    }
    for field in ["chunk_index", "proof", "proof_type", "chunk_size"] {
        let mut chunk = good.clone();
        chunk.as_object_mut().unwrap().remove(field);
        wrong(&session.report(&world, &[&chunk]), "parameter_not_provided", &format!("completed_chunks[0].{field}"));
    }
    wrong(&with("etag", json!("x")), "parameter_unknown", "completed_chunks[1].etag");
    let target = format!("/{}", session.id);
    wrong(&world.say(&target, json!({})), "parameter_not_provided", "completed_chunks");
    // A batch with one wrong chunk reports none, and a chunk twice in a batch is one chunk and a duplicate.
    assert_eq!(session.status(&world)["chunks_completed"], 0);
    let twice = session.report(&world, &[&good, &good]).json();
    assert_eq!((&twice["processed_chunks"], &twice["duplicate_chunks"]), (&json!(1), &json!(1)));
    // The proof is right; the chunk is not whole.
    let mut short = session.store(&world, 2, b"shor");
    short["chunk_size"] = json!(5);
    wrong(&session.report(&world, &[&short]), "parameter_invalid", "chunk_size");
}

#[test]
fn a_chunk_that_was_spoiled_after_its_report_holds_the_upload_open() {
    let world = world_of_fives();
    let session = world.begin(10);
    let (first, second) = (session.store(&world, 1, b"hello"), session.store(&world, 2, b"there"));
    session.report(&world, &[&first]);
    session.store(&world, 1, b"hell");
    wrong(&session.report(&world, &[&second]), "parameter_invalid", "chunk_size");
    session.store(&world, 1, b"hello");
    let done = session.report(&world, &[&first, &second]).json();
    assert!(done["url"].is_string() && done["duplicate_chunks"] == 2, "{done}");
}

#[test]
fn a_completed_session_signs_nothing_more() {
    let world = world_of_fives();
    let session = world.begin(5);
    let chunk = session.store(&world, 1, b"whole");
    assert_eq!(session.report(&world, &[&chunk]).status, 200);
    assert_eq!(refused(&session.sign(&world, 1, 1), 400), "parameter_invalid");
    assert_eq!(world.put(&session.urls[0], b"later").send().s3_error(), (404, "NoSuchUpload".into()));
    let status = session.status(&world);
    assert_eq!((&status["status"], &status["chunks_pending"]), (&json!("completed"), &json!(0)));
}

#[test]
fn files_are_as_large_as_the_service_takes_them() {
    let world = World::with(|options| options.min_part_size = 5 << 20);
    let create = |kind: &str, size: u64| world.say("", json!({ "filename": "a", "type": kind, "total_size": size }));
    for (kind, most) in [("video", 10 << 30), ("audio", 10 << 30), ("image", 32 << 20)] {
        let answer = create(kind, most);
        assert_eq!(answer.status, 201);
        assert_eq!(answer.json()["total_chunks"], most.div_ceil(5_242_880));
        wrong(&create(kind, most + 1), "parameter_invalid", "total_size");
    }
    // Smaller chunks than the usual are for tests: about twenty of them, none below the floor.
    let world = World::with(|options| options.min_part_size = 1000);
    assert_eq!((world.begin(100_000).chunk_size, world.begin(5000).chunk_size), (5000, 1000));
    assert_eq!(world.begin(1 << 30).chunk_size, 5_242_880);
}

#[test]
fn parameters_that_break_a_rule_are_named() {
    let world = World::new();
    let with = |field: &str, value: Value| {
        let mut body = json!({ "filename": "a", "type": "video", "total_size": 1 });
        body[field] = value;
        world.say("", body)
    };
    for (field, value) in [
        ("filename", json!("")),
        ("filename", json!("ü".repeat(256))),
        ("filename", json!(1)),
        ("type", json!("document")),
        ("total_size", json!(0)),
        ("total_size", json!(1.5)),
        ("total_size", json!("1")),
        ("enable_hls", json!("yes")),
        ("enable_thumbnail", json!(null)),
        ("user_metadata", json!([])),
        ("user_metadata", json!({ "a": {} })),
        ("user_metadata", json!({ "a": [1] })),
    ] {
        wrong(&with(field, value), "parameter_invalid", field);
    }
    assert_eq!(with("filename", json!("ü".repeat(255))).status, 201);
    wrong(&with("size", json!(1)), "parameter_unknown", "size");
    for field in ["filename", "type", "total_size"] {
        let mut body = json!({ "filename": "a", "type": "video", "total_size": 1 });
        body.as_object_mut().unwrap().remove(field);
        wrong(&world.say("", body), "parameter_not_provided", field);
    }
    assert_eq!(refused(&world.say("", json!(["a", "video", 1])), 400), "parameter_invalid");
    let bare = world.api("POST", BASE).header("x-api-key", "demo-key").body(b"{}").send();
    assert_eq!(refused(&bare, 400), "parameter_invalid");
}

#[test]
fn what_is_not_there_does_not_exist() {
    let world = World::new();
    let session = world.begin(1);
    let report = json!({ "completed_chunks": [
        { "chunk_index": 1, "proof": "x", "proof_type": "etag", "chunk_size": 1 },
    ] });
    for id in [&session.asset, "507f1f77bcf86cd799439011", "..%2F..%2Fetc%2Fpasswd", "x", "%C3%BC"] {
        assert_eq!(refused(&world.ask(&format!("/{id}")), 404), "resource_not_exist");
        assert_eq!(refused(&world.say(&format!("/{id}"), report.clone()), 404), "resource_not_exist");
        let more = json!({ "start": 1, "count": 1 });
        assert_eq!(refused(&world.say(&format!("/{id}/presigned-urls"), more), 404), "resource_not_exist");
    }
    let get = |target: &str| world.api("GET", target).header("x-api-key", "demo-key").send();
    refused(&get(&format!("/twelvelabs/v1.3/assets/{}", session.id)), 404);
    refused(&get("/twelvelabs/v1.3/tasks"), 404);
    refused(&world.api("DELETE", BASE).header("x-api-key", "demo-key").send(), 405);
}

#[test]
fn only_the_key_in_its_header_is_let_in() {
    let world = World::new();
    for (name, key) in [("x-api-key", "other"), ("authorization", "Bearer demo-key"), ("accept", "*/*")] {
        let answer = world.api("GET", BASE).header(name, key).send();
        assert_eq!(refused(&answer, 401), "api_key_invalid");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    }
}

#[test]
fn rules_speak_of_the_chunks_that_a_body_names() {
    let world = world_of_fives();
    let session = world.begin(60);
    let fault = json!({ "kind": "status", "status": 500 });
    let limited = json!({ "kind": "status", "status": 429, "headers": { "retry-after": "2" } });
    world.faults(json!([
        { "service": "twelvelabs", "step": "sign", "part": 12, "times": 1, "fault": fault },
        { "service": "twelvelabs", "step": "part", "part": 2, "times": 1, "fault": fault },
        { "service": "twelvelabs", "step": "report", "part": 2, "times": 1, "fault": limited },
    ]));
    assert_eq!(session.sign(&world, 11, 1).status, 200);
    assert_eq!(session.sign(&world, 11, 2).status, 500);
    let urls = urls(&session.sign(&world, 11, 2).json());
    let first = session.store(&world, 1, b"abcde");
    assert_eq!(world.put(&session.urls[1], b"abcde").send().status, 500);
    let second = session.store(&world, 2, b"abcde");
    let last = stored(&world, &urls[1], 12, b"abcde");
    assert_eq!(session.report(&world, &[&first]).status, 200);
    assert_eq!(session.report(&world, &[&last, &second]).header("retry-after"), Some("2"));
    assert_eq!(session.report(&world, &[&last, &second]).json()["total_completed"], 3);
    session.status(&world);
    world.ask("");
    let rows = world.requests();
    assert!(rows.iter().all(|row| row["service"] == "twelvelabs"));
    let steps: Vec<_> = rows.iter().map(|row| (row["step"].as_str().unwrap(), row["part"].as_u64())).collect();
    let (sign, part, report) = (("sign", Some(11)), |at| ("part", Some(at)), |at| ("report", Some(at)));
    let (create, status, list) = (("create", None), ("status", None), ("list", None));
    let expected = [
        create,
        sign,
        sign,
        sign,
        part(1),
        part(2),
        part(2),
        part(12),
        report(1),
        report(12),
        report(12),
        status,
        list,
    ];
    assert_eq!(steps, expected);
    assert!(!json!(rows).to_string().contains("demo-key"));
}
