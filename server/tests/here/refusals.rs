//! What is refused, in the service's own words.

use std::io::Write as _;

use serde_json::{Value, json};

use crate::common::{Answer, World};
use crate::talk::{BLOBS, Here as _, TYPE, refused};

#[test]
fn a_blob_is_made_of_parts_numbered_from_one_without_a_gap() {
    let world = World::new();
    let upload = world.begin("h");
    let etags: Vec<_> = (1..=4).map(|number| upload.store(number, &[number as u8])).collect();
    let etag = |number: u16| (number, &*etags[usize::from(number) - 1]);
    let quoted = format!("\"{}\"", etags[0]);
    for parts in [
        &[][..],
        &[etag(2), etag(3)],
        &[etag(1), etag(3)],
        &[etag(1), etag(1), etag(2)],
        &[(0, &*etags[0])],
        &[etag(1), (2, "other")],
        &[(1, &quoted)],
        &[etag(1), etag(2), etag(3), etag(4), (5, "unknown")],
    ] {
        assert!(refused(&upload.complete(parts), 400).starts_with("publication failed: "));
    }
    let row = json!({ "etag": etags[0], "number": 1 });
    for body in [
        json!({}),
        json!([row]),
        json!({ "parts": null }),
        json!({ "parts": [{ "etag": etags[0], "id": 1 }] }),
        json!({ "parts": [{ "number": 1 }] }),
        json!({ "parts": [{ "etag": etags[0], "number": "1" }] }),
    ] {
        refused(&upload.say(body), 400);
    }
    // A part that nobody lists is left out.
    assert_eq!(upload.complete(&[etag(1), etag(2)]).status, 204);
    assert_eq!(upload.blob(), [1, 2]);
    refused(&upload.complete(&[etag(1)]), 404);
}

#[test]
fn all_parts_but_the_last_have_five_mebibytes() {
    let world = World::with(|options| options.min_part_size = 5 << 20);
    let upload = world.begin("h");
    let bytes = vec![7; 5 << 20];
    let (small, last) = (upload.store(1, &bytes[1..]), upload.store(2, b"last"));
    assert!(refused(&upload.complete(&[(1, &small), (2, &last)]), 400).contains("at least 5242880"));
    let exact = upload.store(1, &bytes);
    assert_eq!(upload.complete(&[(1, &exact), (2, &last)]).status, 204);
}

#[test]
fn a_part_comes_with_its_number_its_type_and_its_length() {
    let world = World::new();
    let upload = world.begin("h");
    for number in ["0", "10001", "one", "", "1.5"] {
        refused(&upload.part(number, b"a").send(), 400);
    }
    let parts = format!("{}/parts", upload.path);
    refused(&world.call("POST", &parts).header("content-type", TYPE).body(b"a").send(), 400);
    let bare = world.call("POST", &format!("{parts}?partNumber=1"));
    refused(&bare.body(b"a").send(), 400);
    let other = world.call("POST", &format!("{parts}?partNumber=1")).header("content-type", "text/plain");
    assert!(refused(&other.body(b"a").send(), 400).contains(TYPE));

    let head = |length: &str| {
        format!(
            "POST {parts}?partNumber=1 HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer demo-key\r\ncontent-type: {TYPE}\r\n\
             connection: close\r\n{length}\r\n\r\n",
            world.at.api
        )
    };
    let raw = |head: String, body: &[u8]| {
        let mut socket = std::net::TcpStream::connect(world.at.api).unwrap();
        socket.write_all(&[head.as_bytes(), body].concat()).unwrap();
        Answer::read(socket).unwrap()
    };
    refused(&raw(head("transfer-encoding: chunked"), b"1\r\na\r\n0\r\n\r\n"), 411);
    // The server reads so much of a body that it does not want before it answers, for the sake of browsers.
    refused(&raw(head("content-length: 5368709121"), &vec![7; 64 << 20]), 413);
    assert_eq!(upload.part(10_000, b"a").send().status, 200);
}

#[test]
fn what_starts_an_upload_is_checked() {
    let world = World::new();
    let start = |body: Value| world.call("POST", &format!("{BLOBS}/h/multiparts")).json(body).send();
    for body in [
        json!({}),
        json!({ "contentType": "" }),
        json!({ "contentType": 1 }),
        json!({ "contentType": "a/b", "contentEncoding": "br" }),
        json!(["a/b"]),
    ] {
        refused(&start(body), 400);
    }
    assert_eq!(start(json!({ "contentType": "a/b", "contentEncoding": "gzip" })).status, 200);
    let bare = world.call("POST", &format!("{BLOBS}/h/multiparts")).body(b"{}").send();
    refused(&bare, 400);
    let long = "a".repeat(600);
    assert_eq!(world.start(&long).status, 200);
    for handle in [&*format!("{long}a"), "a_b", "a%20b", "%C3%BC", "a%2Fb"] {
        refused(&world.start(handle), 400);
    }
}

#[test]
fn a_token_is_known_under_its_own_catalog_layer_and_handle() {
    let world = World::new();
    let upload = world.begin("h");
    let etag = upload.store(1, b"a");
    for (own, other) in
        [("test:cat", "test:dog"), ("l1", "l2"), ("data/h/", "data/i/"), ("multiparts/", "multiparts/x")]
    {
        let target = upload.path.replace(own, other);
        let body = json!({ "parts": [{ "etag": etag, "number": 1 }] });
        refused(&world.call("PUT", &target).json(body).send(), 404);
        refused(&world.call("DELETE", &target).send(), 404);
        refused(&world.call("GET", &target).send(), 404);
        let part = world.call("POST", &format!("{target}/parts?partNumber=1")).header("content-type", TYPE);
        refused(&part.body(b"a").send(), 404);
    }
    refused(&world.call("GET", "/here/lookup/v1/platform/apis").send(), 404);
    refused(&world.call("GET", &format!("{BLOBS}/h/multiparts")).send(), 405);
}

#[test]
fn only_the_key_as_a_bearer_token_is_let_in() {
    let world = World::new();
    let upload = world.begin("h");
    let lookup = "/here/lookup/v1/resources/hrn:here:data::test:cat/apis";
    for target in [lookup, &*upload.path, "/here/elsewhere"] {
        for (name, key) in [("authorization", "Bearer other"), ("authorization", "demo-key"), ("x-api-key", "demo-key")]
        {
            let answer = world.api("GET", target).header(name, key).send();
            refused(&answer, 401);
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        }
    }
}

#[test]
fn a_billing_tag_is_four_to_sixteen_letters_and_digits_wherever_it_is_sent() {
    let world = World::new();
    let upload = world.begin("h");
    let lookup = "/here/lookup/v1/resources/hrn:here:data::test:cat/apis";
    for (tag, status) in
        [("tag1", 200), ("Tag4567890123456", 200), ("tag", 400), ("tag45678901234567", 400), ("a-bc", 400)]
    {
        assert_eq!(world.call("GET", &format!("{lookup}?billingTag={tag}")).send().status, status, "{tag}");
    }
    let calls = [
        world.call("GET", &format!("{}?billingTag=", upload.path)),
        world.call("DELETE", &format!("{}?billingTag=", upload.path)),
        world.call("PUT", &format!("{}?billingTag=", upload.path)).json(json!({ "parts": [] })),
        world.call("POST", &format!("{}/parts?partNumber=1&billingTag=", upload.path)).header("content-type", TYPE),
    ];
    for call in calls {
        assert!(refused(&call.send(), 400).contains("billingTag"));
    }
}
