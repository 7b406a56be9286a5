//! Uploads that end well, and what is seen of them on the way.

use serde_json::{Value, json};

use crate::common::{Request, World};
use crate::talk::{Session, TwelveLabs as _, is_hex_id, refused, urls, world_of_fives, wrong};

#[test]
fn an_upload_goes_from_create_to_a_ready_asset() {
    let mut world = world_of_fives();
    let body = json!({
        "filename": "../fünf.mp4", "type": "video", "total_size": 11, "enable_hls": false, "enable_thumbnail": true,
        "user_metadata": { "a": 1, "b": ["x"], "c": true, "d": "e", "f": "", "g": [], "h": null },
    });
    let created = world.say("", body);
    assert_eq!((created.status, created.header("x-api-version")), (201, Some("1.3")));
    let mut created = created.json();
    let said = |name: &str| created[name].as_str().unwrap().to_owned();
    let (id, asset, begun) = (said("upload_id"), said("asset_id"), said("expires_at"));
    assert!(is_hex_id(&id) && is_hex_id(&asset) && id != asset && begun.len() == 20 && begun.ends_with('Z'));
    let urls = urls(&created);
    for (at, row) in created["upload_urls"].take().as_array().unwrap().iter().enumerate() {
        let url = row["url"].as_str().unwrap();
        assert!(url.starts_with(&format!("http://{}/upslice-twelvelabs/{asset}?", world.at.storage)), "{url}");
        assert!(url.contains("X-Amz-Expires=3600"));
        assert!(row["chunk_index"] == at + 1 && row["expires_at"].is_string());
    }
    assert!(created["upload_headers"].take()["x-upload-token"].is_string());
    let expected = json!({
        "upload_id": id, "asset_id": asset, "upload_urls": null, "upload_headers": null,
        "chunk_size": 5, "total_chunks": 3, "expires_at": begun,
    });
    assert_eq!(created, expected);

    let session = Session { id, asset, chunk_size: 5, urls };
    let third = session.store(&world, 3, b"d");
    let second = session.store(&world, 2, b" worl");
    let reported = session.report(&world, &[&third, &second]);
    let asset = &session.asset;
    let expected = json!({ "asset_id": asset, "processed_chunks": 2, "duplicate_chunks": 0, "total_completed": 2 });
    assert_eq!((reported.status, reported.json()), (200, expected));
    let show = |world: &World| {
        world.api("GET", &format!("/twelvelabs/v1.3/assets/{asset}")).header("x-api-key", "demo-key").send().json()
    };
    assert_eq!(show(&world)["status"], "processing");
    world.restart();
    let first = session.store(&world, 1, b"hello");
    let reported = session.report(&world, &[&first, &second]);
    let url = format!("http://{}/upslice-twelvelabs/{asset}", world.at.storage);
    let last = json!({
        "url": url, "asset_id": asset, "processed_chunks": 1, "duplicate_chunks": 1, "total_completed": 3,
    });
    assert_eq!((reported.status, reported.json()), (200, last));
    world.restart();
    let again = session.report(&world, &[&first, &second, &third]).json();
    assert_eq!(
        (&again["url"], &again["processed_chunks"], &again["duplicate_chunks"]),
        (&json!(url), &json!(0), &json!(3))
    );
    let mut shown = show(&world);
    assert!(shown["created_at"].take().is_string());
    let expected = json!({
        "_id": asset, "method": "multipart", "status": "ready", "filename": "../fünf.mp4", "created_at": null,
        "size": 11, "user_metadata": { "a": 1, "b": ["x"], "c": true, "d": "e" },
    });
    assert_eq!(shown, expected);

    let mut row = world.files().remove(0);
    assert!(row["completed_at"].take().is_string());
    let expected = json!({
        "service": "twelvelabs", "id": asset, "name": "../fünf.mp4", "size": 11, "type": "", "parts": 3,
        "sha256": "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9", "completed_at": null,
    });
    assert_eq!(row, expected);
    assert_eq!(world.api("GET", &format!("/_/files/{asset}")).send().body, b"hello world");
}

#[test]
fn the_first_answer_signs_ten_chunks_and_the_client_asks_for_the_others() {
    let world = World::with(|options| options.min_part_size = 5 << 20);
    let session = world.begin(104_857_601);
    assert_eq!((session.chunk_size, session.urls.len()), (5_242_880, 10));
    let numbers = |answer: &Value| {
        let rows = answer["upload_urls"].as_array().unwrap();
        rows.iter().map(|row| row["chunk_index"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let more = session.sign(&world, 11, 3);
    assert_eq!(more.status, 200);
    let more = more.json();
    assert_eq!(numbers(&more), [11, 12, 13]);
    // Whether objects keep their order depends on what else is compiled with this.
    let mut said: Vec<_> = more.as_object().unwrap().keys().collect();
    said.sort();
    assert_eq!(said, ["count", "expires_at", "generated_at", "start_index", "upload_id", "upload_urls"]);
    assert_eq!((&more["upload_id"], &more["start_index"], &more["count"]), (&json!(session.id), &json!(11), &json!(3)));
    // The last chunk is the twenty-first; none comes after it.
    let last = session.sign(&world, 20, 50).json();
    assert_eq!((numbers(&last), &last["count"]), (vec![20, 21], &json!(2)));
    wrong(&session.sign(&world, 22, 1), "parameter_invalid", "start");
    wrong(&session.sign(&world, 70_000, 1), "parameter_invalid", "start");
    wrong(&session.sign(&world, 0, 1), "parameter_invalid", "start");
    wrong(&session.sign(&world, 1, 0), "parameter_invalid", "count");
    wrong(&session.sign(&world, 1, 51), "parameter_invalid", "count");
    let target = format!("/{}/presigned-urls", session.id);
    wrong(&world.say(&target, json!({ "start": 1 })), "parameter_not_provided", "count");
    wrong(&world.say(&target, json!({ "start": 1, "count": 1, "end": 2 })), "parameter_unknown", "end");
}

#[test]
fn a_url_may_be_used_again_until_it_expires() {
    let world = world_of_fives();
    let session = world.begin(5);
    session.store(&world, 1, b"first");
    let again = session.store(&world, 1, b"again");
    world.faults(json!([{ "service": "twelvelabs", "step": "part", "times": 1, "fault": { "kind": "expire" } }]));
    assert_eq!(world.put(&session.urls[0], b"third").send().s3_error(), (403, "AccessDenied".into()));
    assert_eq!(session.report(&world, &[&again]).status, 200);
    assert_eq!(world.api("GET", &format!("/_/files/{}", session.asset)).send().body, b"again");

    let world = World::with(|options| options.url_expiry = Some(std::time::Duration::from_secs(7)));
    assert!(world.begin(1).urls[0].contains("X-Amz-Expires=7&"));
}

#[test]
fn the_status_lists_all_chunks_page_by_page_and_then_nothing() {
    let world = world_of_fives();
    let session = world.begin(60);
    let stored = (1..=10).map(|index| session.store(&world, index, b"abcde")).collect::<Vec<_>>();
    session.report(&world, &[&stored[2], &stored[0]]);
    let mut first = session.status(&world);
    let chunks = first["uploaded_chunks"].take();
    let times = [first["created_at"].take(), first["updated_at"].take()];
    assert!(times.iter().all(Value::is_string));
    let expected = json!({
        "upload_id": session.id, "status": "active", "uploaded_chunks": null, "chunks_completed": 2,
        "chunks_failed": 0, "chunks_pending": 10, "total_size": 60, "uploaded_size": 10, "created_at": null,
        "page_info": { "limit_per_page": 10, "page": 1, "total_page": 2, "total_results": 12 }, "updated_at": null,
    });
    assert_eq!(first, expected);
    let rows = chunks.as_array().unwrap();
    let short = |row: &Value| (row["index"].as_u64().unwrap(), row["status"].as_str().unwrap().to_owned());
    // Stored is not reported.
    let (completed, pending) = (|index| (index, "completed".to_owned()), |index| (index, "pending".to_owned()));
    let expected = [completed(1), pending(2), completed(3), pending(4), pending(5)];
    assert_eq!(rows.iter().map(short).take(5).collect::<Vec<_>>(), expected);
    assert!(
        rows[0]["uploaded_at"].is_string() && rows[1]["uploaded_at"].is_null() && rows[1]["updated_at"].is_string()
    );

    let page = |query: &str| {
        let answer = world.ask(&format!("/{}?{query}", session.id)).json();
        let rows = answer["uploaded_chunks"].as_array().unwrap().iter().map(|row| short(row).0).collect::<Vec<_>>();
        (rows, answer["page_info"]["total_page"].as_u64().unwrap())
    };
    assert_eq!(page("page=2"), (vec![11, 12], 2));
    assert_eq!(page("page=3"), (vec![], 2));
    assert_eq!(page("page=2&page_limit=5"), (vec![6, 7, 8, 9, 10], 3));
    assert_eq!(page("page_limit=50&page=1&sentWith=x").0.len(), 12);
    for (query, parameter) in
        [("page=0", "page"), ("page=x", "page"), ("page_limit=0", "page_limit"), ("page_limit=51", "page_limit")]
    {
        wrong(&world.ask(&format!("/{}?{query}", session.id)), "parameter_invalid", parameter);
        wrong(&world.ask(&format!("?{query}")), "parameter_invalid", parameter);
    }
}

#[test]
fn the_list_shows_what_is_not_completed_newest_first() {
    let world = world_of_fives();
    assert_eq!(world.ask("").json()["data"], json!([]));
    let sessions: Vec<_> = (0..3).map(|_| world.begin(10)).collect();
    let done = world.begin(5);
    let chunk = done.store(&world, 1, b"whole");
    assert!(done.report(&world, &[&chunk]).json()["url"].is_string());
    let listed = world.ask("?page_limit=2").json();
    let info = json!({ "limit_per_page": 2, "page": 1, "total_page": 2, "total_results": 3 });
    assert_eq!(listed["page_info"], info);
    let mut row = listed["data"][0].clone();
    assert!(row["created_at"].take().is_string() && row["expires_at"].take().is_string());
    let id = row["upload_id"].take();
    assert!(sessions.iter().any(|session| id == *session.id));
    let expected = json!({
        "upload_id": null, "status": "active", "total_size": 10, "chunk_size": 5, "total_chunks": 2,
        "created_at": null, "expires_at": null,
    });
    assert_eq!(row, expected);
    let ids = |page: u32| {
        let rows = world.ask(&format!("?page_limit=2&page={page}")).json()["data"].as_array().unwrap().clone();
        rows.into_iter().map(|row| row["upload_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let mut all = [ids(1), ids(2), ids(3)].concat();
    all.sort();
    let mut expected: Vec<_> = sessions.into_iter().map(|session| session.id).collect();
    expected.sort();
    assert_eq!((all, ids(3)), (expected, vec![]));
}

#[test]
fn a_session_of_yesterday_has_expired() {
    let mut world = world_of_fives();
    let session = world.begin(10);
    let chunk = session.store(&world, 1, b"hello");
    let folder = std::fs::read_dir(world.data.join("uploads")).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(folder.join("upload.json")).unwrap();
    let created = session.status(&world)["created_at"].as_str().unwrap().to_owned();
    std::fs::write(folder.join("upload.json"), text.replace(&created, "2024-01-01T00:00:00Z")).unwrap();
    world.restart();
    assert_eq!(refused(&session.report(&world, &[&chunk]), 400), "parameter_invalid");
    assert_eq!(refused(&session.sign(&world, 1, 1), 400), "parameter_invalid");
    assert_eq!(session.status(&world)["status"], "expired");
    assert_eq!(world.ask("").json()["data"][0]["status"], "expired");
}

#[test]
fn a_page_may_send_the_headers_that_a_session_asks_for() {
    let world = World::new();
    let session = world.begin(1);
    let target = session.urls[0].split_once(&world.at.storage.to_string()).unwrap().1;
    let asked = Request::new(world.at.storage, "OPTIONS", target)
        .header("origin", "http://app.example")
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "content-type,x-upload-token")
        .send();
    assert_eq!(asked.header("access-control-allow-headers"), Some("content-type,x-upload-token"));
    let put = world.put(&session.urls[0], b"a").header("x-upload-token", "any").send();
    assert_eq!((put.status, put.header("access-control-allow-origin")), (200, Some("*")));
    assert!(put.header("access-control-expose-headers").unwrap().contains("ETag"));
}
