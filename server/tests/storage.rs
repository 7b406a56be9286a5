//! The storage origin: what S3 checks, in S3's words.

mod common;

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::{Answer, Request, Upload, World};
use rusty_s3::actions::{GetObject, ListParts, UploadPart};
use rusty_s3::{Bucket, Credentials, S3Action as _, UrlStyle};
use sha2::Digest as _;

const SOON: Duration = Duration::from_secs(60);

/// The server's own key pair, as its owner can read it.
fn credentials(world: &World) -> Credentials {
    let text = std::fs::read(world.data.join("secret.json")).unwrap();
    let secret: HashMap<String, String> = serde_json::from_slice(&text).unwrap();
    Credentials::new(&secret["access_key"], &secret["secret_key"])
}

fn bucket(world: &World) -> Bucket {
    let origin = format!("http://{}", world.at.storage).parse().unwrap();
    Bucket::new(origin, UrlStyle::Path, "upslice-s3", "us-east-1").unwrap()
}

fn get(world: &World, url: &url::Url) -> Answer {
    Request::new(world.at.storage, "GET", &url[url::Position::BeforePath..]).send()
}

/// A part with a header that its URL is signed with.
fn signed(upload: &Upload<'_>, part: u16, body: &[u8], header: &str, value: &str) -> Request {
    let (bucket, credentials) = (bucket(upload.world), credentials(upload.world));
    let mut action = UploadPart::new(&bucket, Some(&credentials), &upload.key, part, &upload.id);
    action.headers_mut().insert(header, value);
    upload.world.put(action.sign(SOON).as_str(), body).header(header, value)
}

#[test]
fn a_header_that_a_url_was_not_signed_with_is_refused() {
    let world = World::new();
    let upload = world.create();
    let digest = STANDARD.encode([0xe3, 0x06, 0x92, 0x83]);
    let stray = upload.put(1, b"123456789").header("x-amz-checksum-crc32c", &digest).send();
    assert_eq!(stray.s3_error(), (403, "AccessDenied".into()));
    assert!(stray.text().contains("There were headers present in the request which were not signed"));
    // Signed with another value, or signed and not sent.
    let (bucket, credentials) = (bucket(&world), credentials(&world));
    let mut action = UploadPart::new(&bucket, Some(&credentials), &upload.key, 1, &upload.id);
    action.headers_mut().insert("x-amz-checksum-crc32c", "AAAAAA==");
    let url = action.sign(SOON);
    let other = world.put(url.as_str(), b"123456789").header("x-amz-checksum-crc32c", &digest).send();
    assert_eq!(other.s3_error(), (403, "SignatureDoesNotMatch".into()));
    assert_eq!(world.put(url.as_str(), b"123456789").send().status, 403);
}

#[test]
fn a_completion_names_the_checksums_that_its_parts_were_sent_with() {
    let world = World::new();
    let complete = |upload: &Upload<'_>, parts: serde_json::Value| {
        world.api("POST", &upload.target("/complete")).json(serde_json::json!({ "parts": parts })).send()
    };
    // The check values of the definitions, and "AQIDBA==" is none.
    for (field, header, sum, wrong, whole, kind) in [
        ("ChecksumCRC32C", "x-amz-checksum-crc32c", "4waSgw==", "AQIDBA==", "pzJFoA==-1", "COMPOSITE"),
        (
            "ChecksumCRC64NVME",
            "x-amz-checksum-crc64nvme",
            "rosUhgp5mIg=",
            "AAAAAAAAAAA=",
            "rosUhgp5mIg=",
            "FULL_OBJECT",
        ),
    ] {
        let upload = world.create();
        let answer = signed(&upload, 1, b"123456789", header, sum).send();
        let etag = answer.header("etag").unwrap();
        assert_eq!(upload.list().json()[0][field], sum);
        let row = |sum: &str| serde_json::json!([{ "PartNumber": 1, "ETag": etag, field: sum }]);
        assert_eq!(complete(&upload, row(wrong)).status, 400, "{field}");
        let bare = complete(&upload, serde_json::json!([{ "PartNumber": 1, "ETag": etag }]));
        if kind == "COMPOSITE" {
            assert!(bare.text().contains("InvalidRequest"), "{}", bare.text());
            let done = complete(&upload, row(sum));
            assert_eq!((&done.json()[field], &done.json()["ChecksumType"]), (&whole.into(), &kind.into()));
        } else {
            assert_eq!((&bare.json()[field], &bare.json()["ChecksumType"]), (&whole.into(), &kind.into()));
        }
    }
}

#[test]
fn a_sink_believes_the_checksums_that_it_does_not_make() {
    let world = World::with(|options| options.sink = true);
    let upload = world.create();
    let answer = signed(&upload, 1, b"123456789", "x-amz-checksum-crc32c", "4waSgw==").send();
    let part = serde_json::json!({ "PartNumber": 1, "ETag": answer.header("etag"), "ChecksumCRC32C": "4waSgw==" });
    let done = world.api("POST", &upload.target("/complete")).json(serde_json::json!({ "parts": [part] })).send();
    assert_eq!(done.json()["ChecksumCRC32C"], "pzJFoA==-1", "{}", done.text());
}

#[test]
fn parts_are_signed_with_the_checksums_that_are_asked_for() {
    let world = World::new();
    let upload = world.create();
    let target = format!(
        "{}&partNumbers=1,2&checksums=crc32c:4waSgw%3D%3D,md5:JfnnlDI7RTiF9RgfG2JNCw%3D%3D",
        upload.target("/batch")
    );
    let urls = world.api("GET", &target).send().json();
    for (part, header, value) in
        [("1", "x-amz-checksum-crc32c", "4waSgw=="), ("2", "content-md5", "JfnnlDI7RTiF9RgfG2JNCw==")]
    {
        let url = urls["presignedUrls"][part].as_str().unwrap();
        assert_eq!(world.put(url, b"123456789").send().status, 403, "{header} was not sent");
        assert_eq!(world.put(url, b"123456789").header(header, value).send().status, 200);
    }
    let few = upload.target("/batch") + "&partNumbers=1,2&checksums=crc32c:4waSgw%3D%3D";
    assert_eq!(world.api("GET", &few).send().status, 400);
}

#[test]
fn digests_are_held_against_the_bytes() {
    let world = World::new();
    let upload = world.create();
    let sha256 = STANDARD.encode(sha2::Sha256::digest(b"123456789"));
    // CRC-32 and CRC-32C of "123456789" are the check values of their definitions: cbf43926 and e3069283.
    let (crc32, crc32c) = (STANDARD.encode([0xcb, 0xf4, 0x39, 0x26]), STANDARD.encode([0xe3, 0x06, 0x92, 0x83]));
    for (header, digest) in [
        ("content-md5", "JfnnlDI7RTiF9RgfG2JNCw=="),
        ("x-amz-checksum-crc32", &crc32),
        ("x-amz-checksum-crc32c", &crc32c),
        ("x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE="),
        ("x-amz-checksum-sha256", &sha256),
    ] {
        let right = signed(&upload, 1, b"123456789", header, digest).send();
        assert_eq!(right.status, 200, "{header}: {}", right.text());
        if header.starts_with("x-amz") {
            assert_eq!(right.header(header), Some(digest));
        }
        let wrong = signed(&upload, 2, b"123456780", header, digest).send();
        assert_eq!(wrong.s3_error(), (400, "BadDigest".into()), "{header}");
        let broken = signed(&upload, 2, b"123456789", header, "AAA=").send();
        assert_eq!(broken.status, 400, "{header}");
    }
    // What was refused was not stored.
    assert_eq!(upload.list().json().as_array().unwrap().len(), 1);
}

#[test]
fn a_signature_holds_for_one_part_of_one_upload() {
    let world = World::new();
    let (upload, other) = (world.create(), world.create());
    let url = upload.url(1);
    let tampered = [
        url.replace("partNumber=1", "partNumber=2"),
        url.replace(&upload.id, &other.id),
        url.replace(&upload.key, &other.key),
        url.replace("X-Amz-Expires=300", "X-Amz-Expires=900"),
    ];
    for url in tampered {
        assert_eq!(world.put(&url, b"x").send().s3_error(), (403, "SignatureDoesNotMatch".into()));
    }
    let unsigned = url.split('?').next().unwrap().to_owned() + &format!("?partNumber=1&uploadId={}", upload.id);
    assert_eq!(world.put(&unsigned, b"x").send().s3_error(), (403, "AccessDenied".into()));
    assert_eq!(upload.list().text(), "[]");
}

#[test]
fn an_expired_url_is_refused() {
    let world = World::new();
    let upload = world.create();
    let (bucket, credentials) = (bucket(&world), credentials(&world));
    let action = UploadPart::new(&bucket, Some(&credentials), &upload.key, 1, &upload.id);
    let past = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(61);
    let refused = world.put(action.sign_with_time(SOON, &past).as_str(), b"late").send();
    assert_eq!(refused.s3_error(), (403, "AccessDenied".into()));
    assert!(refused.text().contains("Request has expired"));
    assert_eq!(refused.header("access-control-allow-origin"), Some("*"));
}

#[test]
fn an_unknown_session_and_a_number_out_of_range_are_refused() {
    let world = World::new();
    let upload = world.create();
    let (bucket, credentials) = (bucket(&world), credentials(&world));
    let sign = |key, part, id| UploadPart::new(&bucket, Some(&credentials), key, part, id).sign(SOON);
    let put = |key, part, id| world.put(sign(key, part, id).as_str(), b"x").send().s3_error();
    assert_eq!(put(&*upload.key, 1, "nobody"), (404, "NoSuchUpload".into()));
    assert_eq!(put("other-key", 1, &*upload.id), (404, "NoSuchUpload".into()));
    assert_eq!(put(&*upload.key, 0, &*upload.id), (400, "InvalidArgument".into()));
    assert_eq!(put(&*upload.key, 10_001, &*upload.id), (400, "InvalidArgument".into()));
}

#[test]
fn more_than_a_thousand_parts_come_in_pages() {
    let world = World::with(|options| options.sink = true);
    let upload = world.create();
    store_many(&upload, 1003);
    let joined = upload.list().json();
    let numbers: Vec<_> = joined.as_array().unwrap().iter().map(|row| row["PartNumber"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=1003).collect::<Vec<_>>());

    let (bucket, credentials) = (bucket(&world), credentials(&world));
    let mut action = ListParts::new(&bucket, Some(&credentials), &upload.key, &upload.id);
    let first = ListParts::parse_response(&get(&world, &action.sign(SOON)).text()).unwrap();
    assert_eq!((first.parts.len(), first.next_part_number_marker), (1000, Some(1000)));
    assert_eq!((first.parts[9].number, first.parts[9].size), (10, 1));
    assert!(first.parts[9].etag.starts_with('"'));
    action.set_part_number_marker(1000);
    let second = ListParts::parse_response(&get(&world, &action.sign(SOON)).text()).unwrap();
    let numbers: Vec<_> = second.parts.iter().map(|part| part.number).collect();
    assert_eq!((numbers, second.next_part_number_marker), (vec![1001, 1002, 1003], None));
}

fn store_many(upload: &Upload<'_>, count: u16) {
    let numbers: Vec<u16> = (1..=count).rev().collect();
    for numbers in numbers.chunks(500) {
        let query = numbers.iter().map(u16::to_string).collect::<Vec<_>>().join(",");
        let target = format!("{}&partNumbers={query}", upload.target("/batch"));
        let urls = upload.world.api("GET", &target).send().json();
        for url in urls["presignedUrls"].as_object().unwrap().values() {
            assert_eq!(upload.world.put(url.as_str().unwrap(), b"x").send().status, 200);
        }
    }
}

#[test]
fn a_signed_get_returns_the_object() {
    let world = World::new();
    let upload = world.create();
    let (first, second) = (upload.store(1, b"one "), upload.store(2, b"two"));
    let (bucket, credentials) = (bucket(&world), credentials(&world));
    let url = GetObject::new(&bucket, Some(&credentials), &upload.key).sign(SOON);
    assert_eq!(get(&world, &url).s3_error(), (404, "NoSuchKey".into()));
    assert_eq!(upload.complete(&[(1, &first), (2, &second)]).status, 200);
    let object = get(&world, &url);
    assert_eq!((object.status, &*object.body), (200, &b"one two"[..]));
    assert!(object.header("etag").unwrap().ends_with("-2\""));
    let unsigned = Request::new(world.at.storage, "GET", &format!("/upslice-s3/{}", upload.key)).send();
    assert_eq!(unsigned.status, 403);
}

#[test]
fn pages_of_any_origin_may_put_and_read_the_etag() {
    let world = World::new();
    let upload = world.create();
    let url: url::Url = upload.url(1).parse().unwrap();
    let preflight = Request::new(world.at.storage, "OPTIONS", &url[url::Position::BeforePath..])
        .header("origin", "https://elsewhere.example")
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "content-md5,x-amz-checksum-crc32c")
        .send();
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));
    assert_eq!(preflight.header("access-control-allow-methods"), Some("GET, PUT, HEAD"));
    assert_eq!(preflight.header("access-control-allow-headers"), Some("content-md5,x-amz-checksum-crc32c"));
    assert_eq!(preflight.header("access-control-max-age"), Some("600"));
    let exposed = upload.put(1, b"x").send().header("access-control-expose-headers").unwrap().to_owned();
    assert!(exposed.starts_with("ETag, Retry-After, x-amz-checksum-"), "{exposed}");
    let steps: Vec<_> = world.requests().iter().map(|row| row["step"].clone()).collect();
    assert_eq!(steps, ["create", "sign", "preflight", "sign", "part"]);
}
