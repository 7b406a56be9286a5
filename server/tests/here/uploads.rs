//! Uploads that end well, and what is seen of them on the way.

use serde_json::json;

use crate::common::{Request, World};
use crate::talk::{BLOBS, Here as _, TYPE, Upload, refused};

#[test]
fn an_upload_goes_from_lookup_to_a_completed_blob() {
    let mut world = World::new();
    let host = format!("localhost:{}", world.at.api.port());
    let target = "/here/lookup/v1/resources/hrn:here:data::test:cat/apis?sentWith=OLP-TS-SDK-1.12.0";
    let looked_up = world.call("GET", target).host(&host).send();
    let base = format!("http://{host}/here/blobstore/v1/catalogs/hrn:here:data::test:cat");
    let expected = json!([{ "api": "blob", "version": "v1", "baseURL": base, "parameters": {} }]);
    assert_eq!((looked_up.status, looked_up.json()), (200, expected));

    let target = format!("{BLOBS}/a.Blob-1/multiparts?billingTag=tag1234&sentWith=x");
    let body = json!({ "contentType": TYPE, "contentEncoding": "identity" });
    let started = world.call("POST", &target).host(&host).json(body).send();
    let links = started.json()["links"].clone();
    let href = links["complete"]["href"].as_str().unwrap().to_owned();
    let token = href.strip_prefix(&format!("{base}/layers/l1/data/a.Blob-1/multiparts/")).unwrap();
    assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{token}");
    let expected = json!({
        "uploadPart": { "href": format!("{href}/parts"), "method": "POST" },
        "complete": { "href": href, "method": "PUT" },
        "status": { "href": href, "method": "GET" },
        "delete": { "href": href, "method": "DELETE" },
    });
    assert_eq!((started.status, links), (200, expected));

    let path = format!("{BLOBS}/a.Blob-1/multiparts/{token}");
    let upload = Upload::known_to(&world, path.clone());
    let second = upload.store(2, b"world");
    assert!(!second.contains('"') && second.len() > 20);
    refused(&upload.status(), 404);
    world.restart();
    let upload = Upload::known_to(&world, path.clone());
    upload.store(1, b"replaced");
    let first = upload.store(1, b"hello ");
    // In the order in which they arrived, and twice: an answer may be lost.
    for _ in 0..2 {
        let completed = upload.complete(&[(2, &second), (1, &first)]);
        assert_eq!((completed.status, &*completed.body), (204, &b""[..]), "{}", completed.text());
    }
    assert_eq!(upload.status().json(), json!({ "status": "processing" }));
    world.restart();
    let upload = Upload::known_to(&world, path);
    for _ in 0..2 {
        let status = upload.status();
        assert_eq!((status.status, status.json()), (200, json!({ "status": "completed" })));
    }
    let mut row = world.files().remove(0);
    assert!(row["completed_at"].take().is_string());
    let expected = json!({
        "service": "here", "id": token, "name": "a.Blob-1", "size": 11, "type": TYPE, "parts": 2,
        "sha256": "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9", "completed_at": null,
    });
    assert_eq!(row, expected);
    assert_eq!(upload.blob(), b"hello world");
}

#[test]
fn links_lead_back_to_the_origin_and_the_layer_that_were_asked() {
    let world = World::with(|options| options.tls_port = Some(0));
    let target = "/here/blobstore/v1/catalogs/hrn%3Ahere%3Adata%3A%3At%3Ac/layers/a%2Fb%20c/data/h/multiparts";
    let started = world.call("POST", target).host("proxy.example").json(json!({ "contentType": "a/b" })).send();
    let href = started.json()["links"]["complete"]["href"].as_str().unwrap().to_owned();
    let begins =
        "http://proxy.example/here/blobstore/v1/catalogs/hrn:here:data::t:c/layers/a%2Fb%20c/data/h/multiparts/";
    assert!(href.starts_with(begins), "{href}");
    let upload = Upload::known_to(&world, href.strip_prefix("http://proxy.example").unwrap().to_owned());
    assert_eq!(upload.cancel().status, 204);
}

#[test]
fn a_cancelled_upload_is_unknown_and_its_handle_is_free() {
    let world = World::new();
    let upload = world.begin("h");
    let etag = upload.store(1, b"gone");
    let cancelled = upload.cancel();
    assert_eq!((cancelled.status, &*cancelled.body), (204, &b""[..]));
    for answer in [upload.cancel(), upload.status(), upload.part(1, b"late").send(), upload.complete(&[(1, &etag)])] {
        refused(&answer, 404);
    }
    let upload = world.begin("h");
    let etag = upload.store(1, b"kept");
    assert_eq!(upload.complete(&[(1, &etag)]).status, 204);
    refused(&upload.cancel(), 404);
    refused(&upload.part(2, b"late").send(), 404);
    assert_eq!(upload.blob(), b"kept");
}

#[test]
fn a_handle_belongs_to_the_blob_that_was_completed_first() {
    let world = World::new();
    let (first, second) = (world.begin("h"), world.begin("h"));
    let etags = (first.store(1, b"first"), second.store(1, b"second"));
    assert_eq!(first.complete(&[(1, &etags.0)]).status, 204);
    refused(&second.complete(&[(1, &etags.1)]), 409);
    refused(&world.start("h"), 409);
    assert_eq!(first.complete(&[(1, &etags.0)]).status, 204);
    assert_eq!(world.start("h2").status, 200);
    let elsewhere = format!("{}/h/multiparts", BLOBS.replace("l1", "l2"));
    assert_eq!(world.call("POST", &elsewhere).json(json!({ "contentType": TYPE })).send().status, 200);
}

#[test]
fn a_digest_that_is_right_lets_the_part_in() {
    let world = World::new();
    let upload = world.begin("h");
    let send = |digest: &str| upload.part(1, b"hello world").header("x-here-digest", digest).send();
    for digest in [
        "CRC-32C:c9942 37a",
        "CRC-32C:c994651",
        "CRC-32C:C99465AA",
        "CRC-32C:00000000",
        "MD5:5eb63bbbe01eeed093cb22bb8f5acdc4",
        "MD5:c9946 5aa",
        "SHA1:2aae6c35c94fcfb415dbe95f408b9ce91ee846ee",
        "SHA256:b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde8",
        "SHA-1:2aae6c35c94fcfb415dbe95f408b9ce91ee846ed",
        "crc-32c:c99465aa",
        "c99465aa",
        "",
    ] {
        refused(&send(digest), 400);
    }
    let upload = world.begin("h");
    let send = |digest: &str| upload.part(1, b"hello world").header("x-here-digest", digest).send();
    for digest in [
        "CRC-32C:c99465aa",
        "MD5:5eb63bbbe01eeed093cb22bb8f5acdc3",
        "SHA1:2aae6c35c94fcfb415dbe95f408b9ce91ee846ed",
        "SHA256:b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9",
    ] {
        let answer = send(digest);
        assert_eq!(answer.status, 200, "{digest}: {}", answer.text());
    }
}

#[test]
fn a_page_may_send_a_digest_and_read_the_etag() {
    let world = World::new();
    let upload = world.begin("h");
    let wanted = "authorization,content-type,x-here-digest";
    let asked = Request::new(world.at.api, "OPTIONS", &format!("{}/parts?partNumber=1", upload.path))
        .header("origin", "http://app.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", wanted)
        .send();
    assert_eq!((asked.status, asked.header("access-control-allow-headers")), (204, Some(wanted)));
    let stored = upload.part(1, b"a").send();
    assert_eq!(stored.header("access-control-allow-origin"), Some("*"));
    assert!(stored.header("access-control-expose-headers").unwrap().contains("ETag"));
}
