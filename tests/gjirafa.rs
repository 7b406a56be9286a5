//! What the adapter of Gjirafa VP says and hears, letter by letter.
#![cfg(not(target_arch = "wasm32"))]

mod talk;

use std::rc::Rc;
use talk::json;
use upslice::core::{Carrier, Failed, Failure, PartRange, Reply, Step};
use upslice::protocol::{Adapter, Answer, File, Gjirafa, Json};

fn gjirafa() -> Gjirafa {
    Gjirafa { base_url: "https://vp.example/".into(), project_id: "p 1/2".into(), ..Gjirafa::default() }
}

fn file() -> File {
    File { name: "film.mp4".into(), kind: "video/mp4".into(), size: 5_000_000_000, metadata: Vec::new() }
}

const fn open() -> Step<Json> {
    Step::Open { parts: 3, part_size: 5 << 20 }
}

fn session() -> Json {
    json(r#"{"uploadId":"u","requestKey":"k"}"#)
}

const fn part(index: u32) -> PartRange {
    PartRange { index, start: index as u64 * 5, end: index as u64 * 5 + 5 }
}

fn complete() -> Step<Json> {
    let receipts: [_; 2] = [0, 1].map(|index| (part(index), json(&format!(r#"{{"etag":"\"e{index}\""}}"#))));
    Step::Close { session: session(), receipts: Rc::new(receipts) }
}

fn said(adapter: &Gjirafa, step: &Step<Json>) -> String {
    talk::said(adapter, step, &file())
}

fn heard(step: &Step<Json>, text: &str) -> Result<Reply<Json>, Failed> {
    talk::heard(&gjirafa(), step, &file(), text)
}

const STARTED: &str = r#"200

{"success":true,"errors":[],"messages":[],"result":{"uploadId":"u","requestKey":"k","presignedUrl":[
 {"partNumber":1,"presignedUrl":"https://store.example/k?partNumber=1&X-Amz-Expires=43200"},
 {"partNumber":3,"presignedUrl":"https://store.example/k?partNumber=3&X-Amz-Expires=43200"}]},"resultInfo":null,"statusCode":200}"#;

#[test]
fn the_start_tells_the_number_of_parts_and_the_size_as_text() {
    assert_eq!(
        said(&gjirafa(), &open()),
        "POST https://vp.example/api/projects/p%201%2F2/uploads/multipart (api)\n\n\
         {\"partsNumber\":3,\"fileName\":\"film.mp4\",\"contentLength\":\"5000000000\",\"mimeType\":\"video/mp4\"}"
    );
    let all = Gjirafa { url_expiry_hours: Some(24), duplicate_check: true, file_hash: Some("abc".into()), ..gjirafa() };
    assert!(said(&all, &open()).ends_with(
        "\"mimeType\":\"video/mp4\",\"presignedUrlExpiryTimeHours\":24,\"enableDuplicateCheck\":true,\"fileHash\":\"abc\"}"
    ));
}

#[test]
fn the_session_comes_with_urls_for_its_parts() {
    let Ok(Reply::Opened { session: opened, tickets, .. }) = heard(&open(), STARTED) else { panic!() };
    assert_eq!(opened, session());
    let parts: Vec<_> = tickets.iter().map(|(index, ticket)| (*index, ticket.origin.to_string())).collect();
    assert_eq!(parts, [(0, "https://store.example".to_owned()), (2, "https://store.example".to_owned())]);
    assert_eq!(tickets[0].1.expiry.unwrap().lifetime.as_secs(), 43_200);
    let outcome = gjirafa().outcome(&opened, &Json::Null);
    assert_eq!((outcome.upload_id.as_str(), outcome.object_id.as_deref()), ("u", Some("k")));
}

#[test]
fn a_part_is_put_to_its_url_without_anything_of_the_apps() {
    let ticket = json(r#"{"url":"https://store.example/k?sig=1","headers":null}"#);
    let send =
        Step::Send { session: session(), part: part(0), ticket: Some(ticket), digest: None, carrier: Carrier::Xhr };
    assert_eq!(said(&gjirafa(), &send), "PUT https://store.example/k?sig=1 (store)\n\n(the part)");
    assert!(matches!(heard(&send, "200\netag: \"x\"\n\n"), Ok(Reply::Sent(_))));
    let hidden = heard(&send, "200\n\n").unwrap_err();
    assert!(hidden.words.contains("Access-Control-Expose-Headers: ETag") && !hidden.words.contains("sig="));
}

#[test]
fn completing_wants_every_part_and_no_quotes() {
    assert_eq!(
        said(&gjirafa(), &complete()),
        "PUT https://vp.example/api/projects/p%201%2F2/uploads/multipart-complete (api)\n\n\
         {\"requestKey\":\"k\",\"allowPartialComplete\":false,\"parts\":[{\"partNumber\":1,\"eTag\":\"e0\"},{\"partNumber\":2,\"eTag\":\"e1\"}]}"
    );
    let answer = "201\n\n{\"success\":true,\"errors\":[],\"messages\":[],\"result\":true,\"resultInfo\":null,\"statusCode\":201}";
    assert!(matches!(heard(&complete(), answer), Ok(Reply::Closed(_))));
}

#[test]
fn fresh_urls_come_by_resuming_whether_all_or_only_the_missing_are_listed() {
    let prepare = Step::Prepare { session: session(), parts: vec![part(2)], digests: Vec::new(), attempt: 1 };
    let all = Gjirafa { url_expiry_hours: Some(1), ..gjirafa() };
    assert_eq!(
        said(&all, &prepare),
        "POST https://vp.example/api/projects/p%201%2F2/uploads/multipart-resume (api)\n\n\
         {\"requestKey\":\"k\",\"presignedUrlExpiryTimeHours\":1}"
    );
    let Ok(Reply::Prepared(tickets)) = heard(&prepare, STARTED) else { panic!() };
    assert_eq!(tickets.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [0, 2]);
}

#[test]
fn a_url_that_says_nothing_of_its_life_lives_as_long_as_was_asked_for() {
    // The vendor's example is signed the old way, in which the query has no lifetime.
    let prepare = Step::Prepare { session: session(), parts: vec![part(0)], digests: Vec::new(), attempt: 1 };
    let old = STARTED.replace("&X-Amz-Expires=43200", "&AWSAccessKeyId=A&Expires=1795225020&Signature=secret");
    for (hours, lifetime) in [(None, 12 * 3600), (Some(1), 3600), (Some(168), 168 * 3600)] {
        let adapter = Gjirafa { url_expiry_hours: hours, ..gjirafa() };
        let seconds = |tickets: Vec<(u32, upslice::core::Ticket<Json>)>| {
            tickets.iter().map(|(_, ticket)| ticket.expiry.unwrap().lifetime.as_secs()).collect::<Vec<_>>()
        };
        let Ok(Reply::Opened { tickets, .. }) = talk::heard(&adapter, &open(), &file(), &old) else { panic!() };
        assert_eq!(seconds(tickets), [lifetime; 2]);
        let Ok(Reply::Prepared(tickets)) = talk::heard(&adapter, &prepare, &file(), &old) else { panic!() };
        assert_eq!(seconds(tickets), [lifetime; 2]);
        let Ok(Reply::Prepared(tickets)) = talk::heard(&adapter, &prepare, &file(), STARTED) else { panic!() };
        assert_eq!(seconds(tickets), [43_200; 2], "what it says itself is what counts");
    }
}

#[test]
fn a_receipt_that_was_lost_is_the_md5_of_its_part() {
    let reckon = Step::Reckon { session: session(), part: part(0) };
    assert_eq!(said(&gjirafa(), &reckon), "Md5 of the part, in Hex");
    let digest = Answer::Digest("d41d8cd98f00b204e9800998ecf8427e".into());
    let Ok(Reply::Sent(receipt)) = gjirafa().reply(&reckon, &digest) else { panic!() };
    assert_eq!(gjirafa().etag(&receipt), Some("\"d41d8cd98f00b204e9800998ecf8427e\""));
}

#[test]
fn an_abort_names_the_request_only() {
    let discard = Step::Discard { session: session() };
    assert_eq!(
        said(&gjirafa(), &discard),
        "PUT https://vp.example/api/projects/p%201%2F2/uploads/multipart-abort (api)\n\n{\"requestKey\":\"k\"}"
    );
}

#[test]
fn what_is_no_envelope_is_not_taken_for_a_refusal() {
    for body in ["{}", "[]", "7", r#"{"success":null,"result":{}}"#, r#"{"ok":true,"statusCode":404}"#] {
        let failed = heard(&open(), &format!("200\n\n{body}")).unwrap_err();
        assert_eq!(failed.failure, Failure::Nonsense, "{body}");
        assert!(failed.words.contains("baseUrl"), "{}", failed.words);
    }
}

#[test]
fn a_completion_that_is_not_said_to_be_one_is_not_believed() {
    let answered = |result: &str| heard(&complete(), &format!("200\n\n{{\"success\":true{result}}}"));
    assert_eq!(answered(",\"result\":false").unwrap_err().failure, Failure::Nonsense);
    for result in ["", ",\"result\":true", ",\"result\":null", ",\"result\":{\"id\":1}"] {
        assert!(matches!(answered(result), Ok(Reply::Closed(_))), "{result}");
    }
}

#[test]
fn a_refusal_without_errors_is_told_in_its_messages() {
    for (status, envelope) in [
        (400, r#""errors":[],"messages":["no such part"]"#),
        (200, r#""errors":null,"messages":["no such part",7]"#),
        (200, r#""messages":["no such part"],"errors":[7]"#),
    ] {
        let failed = heard(&complete(), &format!("{status}\n\n{{\"success\":false,{envelope}}}")).unwrap_err();
        assert_eq!(failed.failure, Failure::Rejected);
        assert!(failed.words.ends_with("(no such part)"), "{}", failed.words);
    }
}

#[test]
fn success_false_is_an_error_whatever_the_status() {
    for (text, failure) in [
        (
            "200\n\n{\"success\":false,\"errors\":[\"File already exists\"],\"result\":null,\"statusCode\":400}",
            Failure::Rejected,
        ),
        ("200\n\n{\"success\":false,\"errors\":[\"no\"],\"result\":null,\"statusCode\":401}", Failure::Refused),
        ("200\n\n{\"success\":false,\"errors\":[\"later\"],\"result\":null,\"statusCode\":500}", Failure::Server),
        ("200\n\n{\"success\":false,\"result\":null}", Failure::Rejected),
        (
            "400\n\n{\"success\":false,\"errors\":[\"Missing parts\"],\"result\":null,\"statusCode\":400}",
            Failure::Rejected,
        ),
        ("404\n\n{\"success\":false,\"errors\":[\"Not found\"],\"result\":null,\"statusCode\":404}", Failure::Gone),
        ("503\ncontent-type: text/html\n\n<html>Backend Fetch Failed</html>", Failure::Busy { after: None }),
        ("200\n\n<!doctype html>", Failure::Nonsense),
        ("200\n\n{\"success\":true,\"result\":{}}", Failure::Nonsense),
    ] {
        let failed = heard(&open(), text).unwrap_err();
        assert_eq!(failed.failure, failure, "{text}: {}", failed.words);
        assert!(!failed.words.contains('<'), "{}", failed.words);
    }
    let told = heard(&open(), "200\n\n{\"success\":false,\"errors\":[\"File already exists\"],\"statusCode\":400}");
    assert!(told.unwrap_err().words.contains("File already exists"));
}
