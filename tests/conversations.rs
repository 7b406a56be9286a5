//! What adapters say and hear, letter by letter: for S3 through the endpoints of Companion, and through functions of
//! the app. And what holds for every adapter, whatever a service says.
#![cfg(not(target_arch = "wasm32"))]

mod talk;

use proptest::prelude::*;
use std::time::Duration;
use talk::{NOON, json};
use upslice::core::{
    Carrier, Digests, Expiry, Failed, Failure, Numbers, Origin, PartRange, Preparing, Reply, Step, Wall,
};
use upslice::protocol::{
    Adapter, Algorithm, Answer, Call, Checksums, Custom, File, Form, Gjirafa, Here, Json, Question, Request, Response,
    S3Endpoint, S3Functions, Shape, Subworkflow, Sums, TwelveLabs, Veza, origin,
};

fn file() -> File {
    File {
        name: "a film.mp4".into(),
        kind: "video/mp4".into(),
        size: 12,
        metadata: vec![("for".into(), "you".into()), ("and".into(), "me".into())],
    }
}

fn endpoint() -> S3Endpoint {
    S3Endpoint::new("https://app.example/s3/multipart/")
}

const ALL: S3Functions =
    S3Functions { id: String::new(), list: true, verify: true, abort: true, checksums: Checksums::Signed };

fn session() -> Json {
    json(r#"{"uploadId":"a/b+c?d e&f#\u{1f980}%2F","key":"k/\u00e9 +?&#.mp4"}"#
        .replace("\\u{1f980}", "\u{1f980}")
        .as_str())
}

/// Both names of the session above, as they must stand in an address.
const ID: &str = "a%2Fb%2Bc%3Fd%20e%26f%23%F0%9F%A6%80%252F";
const KEY: &str = "key=k%2F%C3%A9%20%2B%3F%26%23.mp4";

fn part(index: u32) -> PartRange {
    PartRange { index, start: u64::from(index) * 5, end: u64::from(index) * 5 + 5 }
}

fn receipt(etag: &str) -> Json {
    Json::object([("etag", etag.into())])
}

fn ticket() -> Json {
    json(r#"{"url":"https://store.example/k?partNumber=1&X-Amz-Signature=secret","headers":{"x-amz-acl":"private"}}"#)
}

fn open() -> Step<Json> {
    Step::Open { parts: 3, part_size: 5 << 20 }
}

fn sign(indices: &[u32]) -> Step<Json> {
    Step::Prepare {
        session: session(),
        parts: indices.iter().map(|index| part(*index)).collect(),
        digests: Vec::new(),
        attempt: 1,
    }
}

fn send() -> Step<Json> {
    Step::Send { session: session(), part: part(0), ticket: Some(ticket()), digest: None, carrier: Carrier::Fetch }
}

fn list() -> Step<Json> {
    Step::Inspect { session: session(), page: None, remembered: std::rc::Rc::default() }
}

fn complete() -> Step<Json> {
    let receipts = [(part(0), receipt("\"one\"")), (part(1), receipt("\"two\""))];
    Step::Close { session: session(), receipts: receipts.into() }
}

fn verify() -> Step<Json> {
    Step::Verify { session: session() }
}

fn discard() -> Step<Json> {
    Step::Discard { session: session() }
}

fn said(adapter: &dyn Adapter, step: &Step<Json>) -> String {
    talk::said(adapter, step, &file())
}

fn request(adapter: &dyn Adapter, step: &Step<Json>) -> Request {
    talk::request(adapter, step, &file())
}

fn heard(adapter: &dyn Adapter, step: &Step<Json>, text: &str) -> Result<Reply<Json>, Failed> {
    talk::heard(adapter, step, &file(), text)
}

fn gave(step: &Step<Json>, value: &str) -> Result<Reply<Json>, Failed> {
    ALL.reply(step, &Answer::Value { of: step.role(), value: json(value) })
}

/// The failure that an answer is; it must be one.
fn failed(step: &Step<Json>, text: &str) -> Failed {
    let failed = heard(&endpoint(), step, text).expect_err(text);
    assert!(!failed.words.contains("secret") && !failed.words.contains("key="), "{}", failed.words);
    failed
}

mod saying {
    use super::*;

    #[test]
    fn create() {
        assert_eq!(
            said(&endpoint(), &open()),
            "POST https://app.example/s3/multipart (api)\n\n\
             {\"filename\":\"a film.mp4\",\"type\":\"video/mp4\",\"metadata\":{\"for\":\"you\",\"and\":\"me\"}}"
        );
    }

    #[test]
    fn sign_one_and_many() {
        assert_eq!(
            said(&endpoint(), &sign(&[6])),
            format!("GET https://app.example/s3/multipart/{ID}/7?{KEY} (api)\n\n")
        );
        assert_eq!(
            said(&endpoint(), &sign(&[3, 5, 6])),
            format!("GET https://app.example/s3/multipart/{ID}/batch?{KEY}&partNumbers=4,6,7 (api)\n\n")
        );
    }

    #[test]
    fn part() {
        let put =
            "PUT https://store.example/k?partNumber=1&X-Amz-Signature=secret (store)\nx-amz-acl: private\n\n(the part)";
        assert_eq!(said(&endpoint(), &send()), put);
        assert_eq!(said(&ALL, &send()), put);
    }

    #[test]
    fn list_complete_and_abort() {
        assert_eq!(said(&endpoint(), &list()), format!("GET https://app.example/s3/multipart/{ID}?{KEY} (api)\n\n"));
        assert_eq!(
            said(&endpoint(), &complete()),
            format!(
                "POST https://app.example/s3/multipart/{ID}/complete?{KEY} (api)\n\n{}",
                r#"{"parts":[{"PartNumber":1,"ETag":"\"one\""},{"PartNumber":2,"ETag":"\"two\""}]}"#
            )
        );
        assert_eq!(
            said(&endpoint(), &discard()),
            format!("DELETE https://app.example/s3/multipart/{ID}?{KEY} (api)\n\n")
        );
    }

    #[test]
    fn functions_are_called_with_what_their_types_promise() {
        let session = serde_json::to_string(&super::session()).unwrap();
        let session = session.trim_end_matches('}');
        assert_eq!(
            said(&ALL, &open()),
            r#"create({"name":"a film.mp4","type":"video/mp4","size":12} with the signal)"#
        );
        assert_eq!(
            said(&ALL, &sign(&[3, 5])),
            format!(
                "sign({session},\"parts\":[{{\"partNumber\":4,\"size\":5}},{{\"partNumber\":6,\"size\":5}}]}} with the signal)"
            )
        );
        assert_eq!(
            said(&ALL, &complete()),
            format!(
                "complete({session},{}",
                r#""parts":[{"PartNumber":1,"ETag":"\"one\""},{"PartNumber":2,"ETag":"\"two\""}]} with the signal)"#
            )
        );
        for (step, name) in [(list(), "list"), (verify(), "verify"), (discard(), "abort")] {
            assert_eq!(said(&ALL, &step), format!("{name}({session}}} with the signal)"));
        }
    }

    #[test]
    fn functions_that_are_left_out_are_not_in_the_rules() {
        let rules = S3Functions::default().rules();
        assert_eq!((rules.inspects, rules.verifies, rules.discards, rules.api), (false, false, false, None));
        let rules = ALL.rules();
        assert_eq!((rules.inspects, rules.verifies, rules.discards), (true, true, true));
    }

    #[test]
    fn the_rules_are_those_of_s3() {
        let rules = endpoint().rules();
        let limits = &rules.limits;
        assert_eq!((limits.min_part_size, limits.max_part_size, limits.max_parts), (5 << 20, 5 << 30, 10_000));
        assert!(matches!(rules.preparing, Preparing::Tickets { batch } if batch >= 20));
        assert_eq!(rules.api.map(|api| api.to_string()).as_deref(), Some("https://app.example"));
    }
}

mod hearing {
    use super::*;

    #[test]
    fn a_session() {
        let reply = heard(&endpoint(), &open(), "200\n\n{\"key\":\"k\",\"uploadId\":\"u\",\"bucket\":\"b\"}").unwrap();
        let Reply::Opened { session, .. } = reply else { panic!("{reply:?}") };
        assert_eq!(session, json(r#"{"uploadId":"u","key":"k"}"#));
        let outcome = endpoint().outcome(&session, &json(r#"{"location":"https://l.example/k","bucket":"b"}"#));
        assert_eq!(outcome.upload_id, "u");
        assert_eq!(
            (outcome.object_id.as_deref(), outcome.location.as_deref()),
            (Some("k"), Some("https://l.example/k"))
        );
    }

    fn tickets(reply: Result<Reply<Json>, Failed>) -> Vec<(u32, String, String, Option<Expiry>)> {
        let Ok(Reply::Prepared(tickets)) = reply else { panic!("{reply:?}") };
        let ticket = |(index, ticket): (u32, upslice::core::Ticket<Json>)| {
            (index, ticket.keep.text("url").unwrap().to_owned(), ticket.origin.to_string(), ticket.expiry)
        };
        tickets.into_iter().map(ticket).collect()
    }

    const fn lives(seconds: u64, signed_at: Option<Wall>) -> Option<Expiry> {
        Some(Expiry { signed_at, lifetime: Duration::from_secs(seconds) })
    }

    #[test]
    fn a_url_and_how_long_it_lives() {
        for (answer, url, expiry) in [
            (r#"{"url":"https://s.example/k?n=1","expires":300}"#, "https://s.example/k?n=1", lives(300, None)),
            (r#"{"url":"https://s.example/k?n=1"}"#, "https://s.example/k?n=1", None),
            (
                r#"{"url":"https://s.example/k?X-Amz-Date=20261120T133700Z&X-Amz-Expires=900&X-Amz-Signature=f"}"#,
                "https://s.example/k?X-Amz-Date=20261120T133700Z&X-Amz-Expires=900&X-Amz-Signature=f",
                lives(900, Some(NOON)),
            ),
            // The backend knows better than the URL.
            (
                r#"{"url":"https://s.example/k?X-Amz-Date=20261120T133700Z&X-Amz-Expires=900","expires":60}"#,
                "https://s.example/k?X-Amz-Date=20261120T133700Z&X-Amz-Expires=900",
                lives(60, None),
            ),
            (
                r#"{"url":"https://s.example/k?X-Amz-Date=yesterday&X-Amz-Expires=900"}"#,
                "https://s.example/k?X-Amz-Date=yesterday&X-Amz-Expires=900",
                lives(900, None),
            ),
        ] {
            let expected = vec![(6, url.to_owned(), "https://s.example".to_owned(), expiry)];
            assert_eq!(tickets(heard(&endpoint(), &sign(&[6]), &format!("200\n\n{answer}"))), expected);
        }
    }

    #[test]
    fn many_urls_by_number() {
        let answer = "200\n\n{\"presignedUrls\":{\"4\":\"https://s.example/4\",\"7\":\"http://t.example:81/7\",\"x\":\"?\"},\"expires\":9}";
        let expected =
            [(3, "https://s.example/4", "https://s.example"), (6, "http://t.example:81/7", "http://t.example:81")];
        let expected = expected.map(|(index, url, origin)| (index, url.to_owned(), origin.to_owned(), lives(9, None)));
        assert_eq!(tickets(heard(&endpoint(), &sign(&[3, 5, 6]), answer)), expected);
        // A backend may answer for one part in the words for many.
        let one = "200\n\n{\"presignedUrls\":{\"4\":\"https://s.example/4\"}}";
        assert_eq!(tickets(heard(&endpoint(), &sign(&[3]), one)).len(), 1);
    }

    #[test]
    fn a_url_that_leads_nowhere() {
        let failed = failed(&sign(&[0]), "200\n\n{\"url\":\"/k?X-Amz-Signature=secret\"}");
        assert_eq!(failed.failure, Failure::Nonsense);
        assert!(failed.words.contains("`/k`"), "{}", failed.words);
    }

    #[test]
    fn a_backend_that_does_not_know_batches() {
        for answer in ["404\n\n<html>", "400\n\n{\"error\":\"s3: no such part\"}", "405"] {
            assert_eq!(failed(&sign(&[3, 5, 6]), answer).failure, Failure::OneByOne, "{answer}");
            assert_ne!(failed(&sign(&[3]), answer).failure, Failure::OneByOne, "{answer}");
        }
        assert_eq!(failed(&sign(&[3, 5, 6]), "401").failure, Failure::Refused);
    }

    #[test]
    fn a_stored_part() {
        for adapter in [&endpoint() as &dyn Adapter, &ALL] {
            let reply = heard(adapter, &send(), "200\netag: \"9b2c\"").unwrap();
            let Reply::Sent(receipt) = reply else { panic!("{reply:?}") };
            assert_eq!(adapter.etag(&receipt), Some("\"9b2c\""));
        }
    }

    #[test]
    fn an_etag_that_is_hidden_says_what_to_configure() {
        for adapter in [&endpoint() as &dyn Adapter, &ALL] {
            let failed = heard(adapter, &send(), "200\ncontent-length: 0").unwrap_err();
            assert_eq!((failed.failure, failed.status), (Failure::Nonsense, Some(200)));
            assert!(failed.words.contains("Access-Control-Expose-Headers: ETag"), "{}", failed.words);
            assert!(failed.words.starts_with("PUT https://store.example/k answered 200"), "{}", failed.words);
        }
    }

    #[test]
    fn what_the_store_says_in_xml() {
        for (status, code, failure) in [
            (403, "AccessDenied", Failure::Refused),
            (404, "NoSuchUpload", Failure::Gone),
            (400, "BadDigest", Failure::Corrupt),
            (400, "XAmzContentChecksumMismatch", Failure::Corrupt),
            (400, "InvalidRequest", Failure::Rejected),
            // The line was too slow for the store, and need not be so again.
            (400, "RequestTimeout", Failure::Server),
            // What signed the URL died before the URL did.
            (400, "ExpiredToken", Failure::Refused),
            (500, "InternalError", Failure::Server),
            (503, "SlowDown", Failure::Busy { after: None }),
        ] {
            let failed = failed(
                &send(),
                &format!(
                    "{status}\ncontent-type: application/xml\n\n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                     <Error><Code>{code}</Code><Message>Request has expired &amp; gone</Message>\
                     <X-Amz-Expires>secret</X-Amz-Expires><RequestId>1</RequestId></Error>"
                ),
            );
            assert_eq!((&failed.failure, failed.status), (&failure, Some(status)));
            assert_eq!(
                failed.words,
                format!("PUT https://store.example/k answered {status} ({code}: Request has expired & gone)")
            );
        }
    }

    #[test]
    fn what_a_status_means() {
        for (status, failure) in [
            (400, Failure::Rejected),
            (401, Failure::Refused),
            (403, Failure::Refused),
            (404, Failure::Gone),
            (408, Failure::Server),
            (409, Failure::Rejected),
            (413, Failure::Rejected),
            (429, Failure::Busy { after: None }),
            (500, Failure::Server),
            (502, Failure::Server),
            (503, Failure::Busy { after: None }),
            (504, Failure::Server),
            (599, Failure::Server),
        ] {
            for step in [open(), sign(&[0]), send(), complete(), discard()] {
                let is_vague = (status, step.role()) == (500, "complete");
                let failure = if is_vague { Failure::Vague } else { failure };
                assert_eq!(failed(&step, &status.to_string()).failure, failure, "{status} to {}", step.role());
            }
        }
        for status in [0, 301, 302, 307, 308] {
            let failed = failed(&open(), &status.to_string());
            assert_eq!(failed.failure, Failure::Nonsense);
            assert!(failed.words.contains("redirect"), "{}", failed.words);
        }
    }

    #[test]
    fn patience_in_both_spellings() {
        for (header, after) in [
            ("3", Some(3)),
            ("Fri, 20 Nov 2026 13:37:05 GMT", Some(5)),
            ("Fri, 20 Nov 2026 13:00:00 GMT", Some(0)),
            ("soon", None),
        ] {
            for status in [429, 503] {
                let failed = failed(&send(), &format!("{status}\nretry-after: {header}"));
                assert_eq!(failed.failure, Failure::Busy { after: after.map(Duration::from_secs) }, "{header}");
            }
        }
    }

    #[test]
    fn what_is_stored() {
        let answer = r#"200

[{"PartNumber":1,"ETag":"\"a\"","Size":5242880},{"PartNumber":"3","ETag":"\"c\"","Size":"7"},{"PartNumber":0,"ETag":"z","Size":1},{"ETag":"y"},7]"#;
        let reply = heard(&endpoint(), &list(), answer).unwrap();
        let Reply::Listed { parts, .. } = reply else { panic!("{reply:?}") };
        let parts: Vec<_> = parts
            .iter()
            .map(|part| (part.index, part.size, endpoint().etag(&part.receipt).unwrap().to_owned()))
            .collect();
        assert_eq!(parts, [(0, Some(5_242_880), "\"a\"".to_owned()), (2, Some(7), "\"c\"".to_owned())]);
        assert!(
            matches!(heard(&endpoint(), &list(), "200\n\n[]"), Ok(Reply::Listed { parts, .. }) if parts.is_empty())
        );
    }

    #[test]
    fn a_backend_that_says_only_that_something_went_wrong_may_have_forgotten_the_session() {
        // Companion in production.
        let vague = "500\n\n{\"message\":\"Something went wrong\",\"requestId\":\"1\"}";
        for step in [list(), complete()] {
            assert_eq!(failed(&step, vague).failure, Failure::Vague, "{step:?}");
        }
        for step in [open(), sign(&[0]), discard()] {
            assert_eq!(failed(&step, vague).failure, Failure::Server, "{step:?}");
        }
        assert_eq!(failed(&list(), "502\n\n<html>Bad Gateway</html>").failure, Failure::Server);
    }

    #[test]
    fn an_upload_id_that_leads_elsewhere_makes_no_sense() {
        for id in [".", ".."] {
            let failed = failed(&open(), &format!("200\n\n{{\"uploadId\":\"{id}\",\"key\":\"k\"}}"));
            assert_eq!((failed.failure, failed.status), (Failure::Nonsense, Some(200)), "{id}");
            assert!(failed.words.contains("`uploadId`"), "{}", failed.words);
        }
        for id in ["...", "%2e", ".a", "a/.."] {
            let answer = format!("200\n\n{{\"uploadId\":\"{id}\",\"key\":\"..\"}}");
            assert!(matches!(heard(&endpoint(), &open(), &answer), Ok(Reply::Opened { .. })), "{id}");
        }
    }

    #[test]
    fn a_session_that_is_unknown() {
        let backends = [
            "404\n\n{\"error\":\"s3: not found\"}",
            "400\n\n{\"error\":\"s3: NoSuchUpload: gone\"}",
            "500\n\n<Error><Code>NoSuchUpload</Code></Error>",
            // Companion, where it is not in production: it hands on what the SDK threw.
            "500\n\n{\"message\":\"The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.\",\"error\":{\"name\":\"NoSuchUpload\",\"$fault\":\"client\"},\"requestId\":\"1\"}",
        ];
        for answer in backends {
            assert!(matches!(heard(&endpoint(), &list(), answer), Ok(Reply::Unknown)), "{answer}");
            assert_eq!(failed(&complete(), answer).failure, Failure::Gone, "{answer}");
            assert_eq!(failed(&discard(), answer).failure, Failure::Gone, "{answer}");
        }
    }

    #[test]
    fn completion() {
        let reply = heard(&endpoint(), &complete(), "200\n\n{\"location\":\"https://l.example/k\"}").unwrap();
        assert!(matches!(reply, Reply::Closed(closing) if closing.text("location") == Some("https://l.example/k")));
        assert!(matches!(heard(&endpoint(), &complete(), "204"), Ok(Reply::Closed(Json::Null))));
    }

    #[test]
    fn a_completion_that_says_200_and_means_otherwise() {
        for (code, failure) in [
            ("InternalError", Failure::Server),
            ("SlowDown", Failure::Server),
            ("NoSuchUpload", Failure::Gone),
            ("InvalidPart", Failure::Rejected),
            ("EntityTooSmall", Failure::Rejected),
        ] {
            let text = format!(
                "200\n\n<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>No: see https://b.example/k?X-Amz-Signature=secret</Message></Error>"
            );
            let failed = failed(&complete(), &text);
            assert_eq!((&failed.failure, failed.status), (&failure, Some(200)), "{code}");
            assert!(failed.words.contains(code), "{}", failed.words);
        }
        assert_eq!(failed(&complete(), "200\n\n{\"error\":\"s3: it broke\"}").failure, Failure::Server);
    }

    #[test]
    fn a_page_instead_of_an_answer_says_which_option_is_wrong() {
        let page = "<!doctype html><title>Welcome</title>";
        for step in [open(), sign(&[0]), sign(&[0, 1]), list(), complete()] {
            let failed = failed(&step, &format!("200\ncontent-type: text/html\n\n{page}"));
            assert_eq!(failed.failure, Failure::Nonsense, "{}", step.role());
            assert!(failed.words.contains("an HTML page"), "{}", failed.words);
            assert!(failed.words.contains("`endpoint`"), "{}", failed.words);
        }
        for status in [404, 405] {
            let failed = failed(&open(), &format!("{status}\n\n{page}"));
            assert!(failed.words.contains("`endpoint`"), "{}", failed.words);
            assert!(!failed.words.contains("doctype"), "{}", failed.words);
        }
    }

    #[test]
    fn what_is_not_json_is_named_for_what_it_is() {
        for (body, kind) in [
            ("", "nothing"),
            ("ok", "text"),
            ("h\u{e9}h\u{e9}", "text"),
            ("<p>", "an HTML page"),
            ("<?xml ?>", "XML"),
            ("7", "JSON"),
        ] {
            let failed = failed(&open(), &format!("200\n\n{body}"));
            assert!(failed.words.contains(&format!("answered 200 with {kind}:")), "{}", failed.words);
        }
    }

    #[test]
    fn an_error_within_an_error_is_told_in_its_words() {
        for (body, own) in [
            (r#"{"error":{"code":"quota","message":"no room left","details":[]}}"#, "no room left"),
            (r#"{"message":"no room left","error":{"name":"Error"}}"#, "no room left"),
            (r#"{"error":{},"title":"no room left"}"#, "no room left"),
            (r#"{"error":null,"message":"no room left"}"#, "no room left"),
        ] {
            for step in [open(), sign(&[0]), send(), complete()] {
                let failed = failed(&step, &format!("403\n\n{body}"));
                assert!(failed.words.ends_with(&format!("answered 403 ({own})")), "{body}: {}", failed.words);
            }
        }
    }

    #[test]
    fn words_of_others_are_shown_short_and_without_their_secrets() {
        let url = "https://b.example/k?X-Amz-Signature=secret";
        let bodies = [
            format!("{{\"error\":\"s3: {url} failed\"}}"),
            format!("{{\"message\":\"{url}\"}}"),
            format!("cannot PUT {url}"),
            format!("<Error><Code>E</Code><Message>{url} {}</Message></Error>", "x".repeat(100_000)),
            "y".repeat(100_000),
        ];
        for body in bodies {
            for step in [open(), sign(&[0]), send(), list(), complete(), discard()] {
                for status in [400, 403, 500, 503] {
                    let failed = failed(&step, &format!("{status}\n\n{body}"));
                    assert!(failed.words.len() < 700, "{} characters", failed.words.len());
                }
            }
        }
        let long = format!("200\n\n<Error><Code>E</Code><Message>{}</Message></Error>", "x".repeat(100_000));
        assert!(failed(&complete(), &long).words.len() < 700);
    }
}

mod functions {
    use super::*;

    #[test]
    fn what_functions_give() {
        assert!(matches!(gave(&open(), r#"{"uploadId":"u","key":"k","more":1}"#), Ok(Reply::Opened { .. })));
        let reply =
            gave(&sign(&[0]), r#"[{"partNumber":1,"url":"https://s.example/1","expiresIn":60,"headers":{"a":"b"}}]"#);
        let Ok(Reply::Prepared(tickets)) = reply else { panic!("{reply:?}") };
        assert_eq!(tickets[0].0, 0);
        assert_eq!(tickets[0].1.expiry, Some(Expiry { signed_at: None, lifetime: Duration::from_secs(60) }));
        let send = Step::Send {
            session: session(),
            part: part(0),
            ticket: Some(tickets[0].1.keep.clone()),
            digest: None,
            carrier: Carrier::Xhr,
        };
        assert_eq!(request(&ALL, &send).headers, [("a".to_owned(), "b".to_owned())]);
        assert!(
            matches!(gave(&list(), r#"[{"PartNumber":1,"ETag":"e","Size":5}]"#), Ok(Reply::Listed { parts, .. }) if parts.len() == 1)
        );
        for nothing in ["null", "{}", r#"{"location":"l"}"#] {
            assert!(matches!(gave(&complete(), nothing), Ok(Reply::Closed(_))), "{nothing}");
        }
        assert!(matches!(gave(&verify(), "null"), Ok(Reply::Absent)));
        assert!(matches!(gave(&list(), "null"), Ok(Reply::Unknown)));
        assert!(matches!(gave(&verify(), r#"{"size":7}"#), Ok(Reply::Whole { size: 7, .. })));
        assert!(matches!(gave(&discard(), "null"), Ok(Reply::Discarded)));
    }

    #[test]
    fn what_is_left_of_a_life_may_be_any_number() {
        // What is reckoned from a date has a fraction, and may be over by a little.
        for (given, seconds) in [
            ("299.98", Some(299)),
            ("0.4", Some(0)),
            ("-3", Some(0)),
            ("\"60\"", Some(60)),
            ("null", None),
            ("\"soon\"", None),
        ] {
            let lifetime = |reply: Result<Reply<Json>, Failed>| match reply {
                Ok(Reply::Prepared(tickets)) => tickets[0].1.expiry.map(|expiry| expiry.lifetime.as_secs()),
                other => panic!("{other:?}"),
            };
            let part = format!(r#"[{{"partNumber":1,"url":"https://s.example/1","expiresIn":{given}}}]"#);
            assert_eq!(lifetime(gave(&sign(&[0]), &part)), seconds, "{given}");
            let answer = format!("200\n\n{{\"url\":\"https://s.example/1\",\"expires\":{given}}}");
            assert_eq!(lifetime(heard(&endpoint(), &sign(&[0]), &answer)), seconds, "{given}");
        }
    }

    #[test]
    fn an_object_of_fewer_parts_than_were_sent_is_not_taken_for_the_file() {
        let digest = "d41d8cd98f00b204e9800998ecf8427e";
        for (etag, is_whole) in [
            (format!("\"{digest}-2\""), true),
            (format!("{digest}-2"), true),
            (format!("\"{digest}-1\""), false),
            (format!("{digest}-10000"), false),
            // What is not of that form says nothing.
            (format!("\"{digest}\""), true),
            ("a-1".into(), true),
            (format!("{digest}-x"), true),
        ] {
            for name in ["ETag", "etag"] {
                let given = serde_json::json!({ name: etag }).to_string();
                let said = [
                    gave(&complete(), &given),
                    heard(
                        &S3Endpoint::new("https://app.example/s3/multipart"),
                        &complete(),
                        &format!("200\n\n{given}"),
                    ),
                ];
                for said in said {
                    match said {
                        Ok(Reply::Closed(_)) => assert!(is_whole, "{etag}"),
                        Err(failed) => assert_eq!((failed.failure, is_whole), (Failure::Corrupt, false), "{etag}"),
                        other => panic!("{other:?}"),
                    }
                }
            }
        }
    }

    #[test]
    fn what_functions_must_not_give_names_the_function() {
        for (step, values) in [
            (open(), &["null", "{}", r#"{"uploadId":"u"}"#, r#"{"uploadId":"","key":"k"}"#, "7"][..]),
            (
                sign(&[0]),
                &["null", "{}", r#"[{"url":"https://s.example"}]"#, r#"[{"partNumber":0,"url":"https://s"}]"#, "[7]"],
            ),
            (list(), &["{}", "7", "true"]),
            (verify(), &["{}", r#"{"size":-1}"#, "7"]),
        ] {
            for value in values {
                let failed = gave(&step, value).expect_err(value);
                assert_eq!(failed.failure, Failure::Nonsense, "{value}");
                assert!(failed.words.contains(&format!("`{}`", step.role())), "{}", failed.words);
            }
        }
    }
}

/// Every adapter there is, as a careless app may have made it.
fn every_adapter() -> Vec<Box<dyn Adapter>> {
    let base_url = || "https://api.example/v1".to_owned();
    let custom = |shape| Custom {
        shape,
        limits: endpoint().rules().limits,
        most_at_once: Some(2),
        numbers: Numbers::Once,
        receipt: true,
        abort: true,
        list: true,
        id: None,
        here: "https://app.example/page".into(),
        checksum: None,
    };
    let here = |digest, resend| Here {
        base_url: base_url(),
        origins: vec![Origin::new("https://other.example")],
        layer_id: "l".into(),
        data_handle: "h".into(),
        gzip: false,
        billing_tag: Some("tag1".into()),
        is_named: true,
        resend,
        digest,
    };
    vec![
        Box::new(endpoint()),
        Box::new(ALL),
        Box::new(Veza { base_url: base_url(), provider_id: "p".into(), data_source_id: "d".into() }),
        Box::new(Gjirafa { base_url: base_url(), project_id: "p".into(), ..Gjirafa::default() }),
        Box::new(Subworkflow { base_url: base_url(), job_type: "extract", expires_in_days: Some(7) }),
        Box::new(TwelveLabs {
            base_url: base_url(),
            kind: "video",
            enable_hls: true,
            enable_thumbnail: true,
            user_metadata: Some(json(r#"{"a":1}"#)),
        }),
        Box::new(here(Some(Algorithm::Crc32c), false)),
        Box::new(here(None, true)),
        Box::new(custom(Shape::Raw)),
        Box::new(custom(Shape::Base64Json)),
        Box::new(custom(Shape::FormData)),
    ]
}

/// Every step there is, of a session that every adapter can make something of.
fn all_steps(session: &Json, ticket: Option<&Json>, receipt: &Json) -> Vec<Step<Json>> {
    let session = || session.clone();
    let receipts = || [(part(0), receipt.clone()), (part(1), Json::Null)].into();
    vec![
        open(),
        Step::Prepare { session: session(), parts: vec![part(0)], digests: Vec::new(), attempt: 1 },
        Step::Prepare { session: session(), parts: vec![part(3), part(5)], digests: Vec::new(), attempt: u32::MAX },
        Step::Prepare { session: session(), parts: Vec::new(), digests: Vec::new(), attempt: 0 },
        Step::Send { session: session(), part: part(0), ticket: ticket.cloned(), digest: None, carrier: Carrier::Xhr },
        Step::Settle { session: session(), receipts: receipts() },
        Step::Inspect { session: session(), page: None, remembered: std::rc::Rc::default() },
        Step::Inspect { session: session(), page: ticket.cloned(), remembered: std::rc::Rc::default() },
        Step::Inspect { session: session(), page: Some(Json::from(2_u64)), remembered: std::rc::Rc::default() },
        Step::Close { session: session(), receipts: receipts() },
        Step::Watch { session: session() },
        Step::Verify { session: session() },
        Step::Discard { session: session() },
    ]
}

/// A session of anybody's, whose addresses have secrets in them.
fn any_ones_session() -> Json {
    json(
        r#"{"uploadId":"u","key":"k","assetId":"a","requestKey":"r","session":3,"headers":{"a":"secret"},
            "part":"https://s.example/p?sig=secret","complete":"https://s.example/c?sig=secret",
            "status":"https://user:secret@s.example/s?sig=secret","delete":"https://s.example/d#secret"}"#,
    )
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        any::<f64>().prop_map(Json::Number),
        any::<u64>().prop_map(Json::from),
        (0..60_u64).prop_map(Json::from),
        ".{0,20}".prop_map(Json::Text),
        prop::sample::select(WORDS).prop_map(Json::from),
    ];
    let names =
        prop_oneof![4 => prop::sample::select(NAMES).prop_map(ToOwned::to_owned), 1 => "[0-9]{1,20}", 1 => ".{0,8}"];
    leaf.prop_recursive(4, 32, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::List),
            prop::collection::vec((names.clone(), inner), 0..6).prop_map(Json::Map),
        ]
    })
}

/// What adapters look for.
const WORDS: &[&str] = &[
    "https://s.example/k?X-Amz-Expires=99999999999999999999&X-Amz-Date=20261320T250000Z",
    "https://s.example/k?sig=secret",
    "//s.example/k?sig=secret",
    "/k?sig=secret",
    "https://user:secret@s.example\\@t.example/k",
    "ftp://s.example/k?sig=secret",
    "2026-11-20T13:37:00Z",
    "9999-99-99T99:99:99Z",
    "active",
    "completed",
    "failed",
    "expired",
    "processing",
    "include",
    "put",
    "",
];

/// Fields that adapters look into.
const NAMES: &[&str] = &[
    "url",
    "presignedUrls",
    "expires",
    "expiresIn",
    "headers",
    "partNumber",
    "PartNumber",
    "ETag",
    "Size",
    "size",
    "uploadId",
    "key",
    "error",
    "message",
    "title",
    "cause",
    "errors",
    "success",
    "statusCode",
    "result",
    "requestKey",
    "presignedUrl",
    "value",
    "upload_id",
    "asset_id",
    "chunk_size",
    "total_chunks",
    "upload_urls",
    "chunk_index",
    "expires_at",
    "upload_headers",
    "uploaded_chunks",
    "index",
    "status",
    "data",
    "links",
    "uploadPart",
    "complete",
    "delete",
    "href",
    "session",
    "partSize",
    "method",
    "credentials",
    "fields",
    "dataField",
    "etag",
    "number",
    "response",
    "objectId",
    "location",
    "assetId",
    "part",
    "id",
    "total_size",
];

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,80}",
        any_json().prop_map(|json| serde_json::to_string(&json).unwrap_or_default()),
        (".{0,20}", ".{0,20}")
            .prop_map(|(code, message)| { format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>") }),
        prop::collection::vec(any::<u8>(), 0..80).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
    ]
}

fn is_fit_to_be_shown<T>(outcome: &Result<T, Failed>) -> bool {
    outcome.as_ref().err().is_none_or(|failed| !failed.words.contains("secret"))
}

proptest! {
    #[test]
    fn no_answer_at_all_makes_an_adapter_panic(
        status in prop_oneof![any::<u16>(), 0..600_u16, Just(200)],
        names in prop::collection::vec(prop_oneof![Just("etag".to_owned()), Just("retry-after".to_owned()), "[a-z-]{1,9}"], 0..3),
        value in ".{0,30}",
        text in any_text(),
        parsed in prop::option::of(any_json()),
        at in any::<u64>(),
    ) {
        let headers: Vec<_> = names.iter().map(|name| (name.clone(), value.clone())).collect();
        let json = parsed.or_else(|| serde_json::from_str(&text).ok());
        let response = Response { status, headers, text, json, at: Wall::from_millis(at) };
        for adapter in every_adapter() {
            for step in all_steps(&any_ones_session(), Some(&ticket()), &receipt("e")) {
                let Ok(Call::Http(request)) = adapter.call(&step, &file()) else { continue };
                let answer = Answer::Http { request: request.into(), response: response.clone() };
                let _ = adapter.follow(&step, &answer);
                let reply = adapter.reply(&step, &answer);
                prop_assert!(is_fit_to_be_shown(&reply), "{} {}: {reply:?}", adapter.kind(), step.role());
            }
            for question in [Question::Incomplete { page: at }, Question::Status { upload_id: value.clone(), page: at }] {
                let Some(request) = adapter.ask(&question) else { continue };
                prop_assert!(request.is_api && request.method == "GET");
                let known = adapter.known(&question, &request, &response);
                prop_assert!(is_fit_to_be_shown(&known), "{} {}: {known:?}", adapter.kind(), question.role());
            }
        }
    }

    #[test]
    fn no_value_at_all_makes_an_adapter_panic(value in any_json()) {
        for adapter in every_adapter() {
            for step in all_steps(&any_ones_session(), Some(&ticket()), &receipt("e")) {
                let answer = Answer::Value { of: step.role(), value: value.clone() };
                let _ = adapter.follow(&step, &answer);
                let reply = adapter.reply(&step, &answer);
                prop_assert!(is_fit_to_be_shown(&reply), "{} {}: {reply:?}", adapter.kind(), step.role());
            }
        }
    }

    #[test]
    fn no_session_at_all_makes_an_adapter_panic(
        session in any_json(),
        ticket in prop::option::of(any_json()),
        receipt in any_json(),
    ) {
        for adapter in every_adapter() {
            for step in all_steps(&session, ticket.as_ref(), &receipt) {
                let call = adapter.call(&step, &file());
                prop_assert!(is_fit_to_be_shown(&call), "{} {}: {call:?}", adapter.kind(), step.role());
            }
            let _ = (adapter.outcome(&session, &receipt), adapter.etag(&receipt).map(ToOwned::to_owned));
            // Nor does anything that was found on a disk.
            let _ = (adapter.remembered(&session), adapter.recalled(&session));
        }
    }

    /// What was given once is understood later: nothing that an answer made may be refused by the next step.
    #[test]
    fn whatever_an_answer_is_taken_for_can_be_gone_on_with(given in any_json(), status in prop_oneof![Just(200_u16), Just(404)]) {
        for adapter in every_adapter() {
            for step in all_steps(&any_ones_session(), Some(&ticket()), &receipt("e")) {
                let answer = match adapter.call(&step, &file()) {
                    Ok(Call::Http(request)) => {
                        let response = Response { status, json: Some(given.clone()), ..talk::response("200\n\n") };
                        Answer::Http { request: request.into(), response }
                    }
                    Ok(Call::Function(_)) => Answer::Value { of: step.role(), value: given.clone() },
                    Ok(Call::Digest(..)) => Answer::Digest("0f".into()),
                    Ok(Call::Combine(sums)) => panic!("{sums:?} of nothing"),
                    Err(_) => continue,
                };
                let Ok(reply) = adapter.reply(&step, &answer) else { continue };
                let (session, tickets) = match reply {
                    Reply::Opened { session, tickets, part_size, .. } => {
                        // What an app gives that is no size is one of nothing, which the core refuses in words.
                        let is_refused = adapter.kind() == "custom";
                        prop_assert!(is_refused || part_size.is_none_or(|size| size > 0), "parts of no bytes");
                        (session, tickets)
                    }
                    Reply::Prepared(tickets) => (any_ones_session(), tickets),
                    Reply::Settled(Some(session)) => (session, Vec::new()),
                    _ => continue,
                };
                let first = tickets.first().map_or_else(ticket, |(_, ticket)| ticket.keep.clone());
                for next in all_steps(&session, Some(&first), &receipt("e")) {
                    if let Ok(Call::Http(request)) = adapter.call(&next, &file()) {
                        prop_assert!(origin(&request.url).is_some(), "{} {}: {}", adapter.kind(), next.role(), request.url);
                    }
                }
                for (_, ticket) in &tickets {
                    let to = ticket.keep.text("url").and_then(origin);
                    prop_assert_eq!(to.as_ref(), Some(&ticket.origin));
                }
            }
        }
    }

    #[test]
    fn an_upload_id_and_a_key_never_leave_their_places(id in ".{1,20}", key in ".{1,20}") {
        let session = Json::object([("uploadId", id.as_str().into()), ("key", key.as_str().into())]);
        let url = request(&endpoint(), &Step::Discard { session }).url;
        let rest = url.strip_prefix("https://app.example/s3/multipart/").unwrap();
        prop_assert_eq!(rest.matches(['/', '#', '+', ' ', '&']).count(), 0, "{}", url);
        prop_assert_eq!(rest.matches('?').count(), 1);
    }
}

mod checksums {
    use super::*;

    fn functions(checksums: Checksums) -> S3Functions {
        S3Functions { checksums, ..ALL }
    }

    fn crc32c() -> Json {
        json(r#"{"algorithm":"crc32c","value":"4waSgw=="}"#)
    }

    fn with(digest: Json, url: &str) -> Step<Json> {
        let ticket = Json::object([("url", url.into())]);
        let (part, carrier) = (part(0), Carrier::Fetch);
        Step::Send { session: session(), part, ticket: Some(ticket), digest: Some(digest), carrier }
    }

    fn digest(ticket: Option<Json>) -> Step<Json> {
        Step::Digest { session: session(), part: part(0), ticket }
    }

    const URL: &str = "https://store.example/k?X-Amz-SignedHeaders=host%3Bx-amz-checksum-crc32c&X-Amz-Signature=secret";

    #[test]
    fn a_part_is_digested_and_its_digest_signed() {
        let adapter = functions(Checksums::Of(Algorithm::Crc32c));
        assert_eq!(adapter.rules().digests, Digests::First);
        assert_eq!(
            said(&adapter, &open()),
            r#"create({"name":"a film.mp4","type":"video/mp4","size":12,"checksum":"crc32c"} with the signal)"#
        );
        assert_eq!(said(&adapter, &digest(None)), "Crc32c of the part, in Base64");
        let reply = adapter.reply(&digest(None), &Answer::Digest("4waSgw==".into())).unwrap();
        assert!(matches!(reply, Reply::Digested(sum) if sum == crc32c()));
        let sign = Step::Prepare { session: session(), parts: vec![part(0)], digests: vec![crc32c()], attempt: 1 };
        let told = r#""parts":[{"partNumber":1,"size":5,"checksum":{"algorithm":"crc32c","value":"4waSgw=="}}]} with"#;
        assert!(said(&adapter, &sign).contains(told), "{}", said(&adapter, &sign));
    }

    #[test]
    fn each_algorithm_has_its_header_and_its_field() {
        for (algorithm, header, field) in [
            ("crc64nvme", "x-amz-checksum-crc64nvme", Some("ChecksumCRC64NVME")),
            ("crc32c", "x-amz-checksum-crc32c", Some("ChecksumCRC32C")),
            ("md5", "content-md5", None),
            ("sha1", "x-amz-checksum-sha1", Some("ChecksumSHA1")),
            ("sha256", "x-amz-checksum-sha256", Some("ChecksumSHA256")),
        ] {
            let sum = Json::object([("algorithm", algorithm.into()), ("value", "4waSgw==".into())]);
            let put = request(&functions(Checksums::Never), &with(sum.clone(), "https://store.example/k"));
            assert_eq!(put.headers, [(header.to_owned(), "4waSgw==".to_owned())]);
            let receipt = Json::object([("etag", "\"e\"".into()), ("checksum", sum)]);
            let close = Step::Close { session: session(), receipts: [(part(0), receipt)].into() };
            let field = field.map(|field| format!(r#","{field}":"4waSgw==""#)).unwrap_or_default();
            let listed = format!(r#""parts":[{{"PartNumber":1,"ETag":"\"e\""{field}}}]"#);
            for adapter in [&ALL as &dyn Adapter, &endpoint()] {
                assert!(said(adapter, &close).contains(&listed), "{}", said(adapter, &close));
            }
        }
    }

    #[test]
    fn a_header_that_came_with_the_url_is_not_sent_twice() {
        let ticket = json(r#"{"url":"https://store.example/k","headers":{"X-Amz-Checksum-Crc32c":"theirs"}}"#);
        let step = Step::Send {
            session: session(),
            part: part(0),
            ticket: Some(ticket),
            digest: Some(crc32c()),
            carrier: Carrier::Fetch,
        };
        assert_eq!(request(&ALL, &step).headers, [("X-Amz-Checksum-Crc32c".to_owned(), "theirs".to_owned())]);
    }

    #[test]
    fn a_url_says_which_checksum_must_go_along() {
        let query = |query: &str| format!("https://store.example/k?{query}&X-Amz-Signature=secret");
        let signed = query("X-Amz-SignedHeaders=host%3Bx-amz-checksum-crc32c");
        let plain = query("X-Amz-SignedHeaders=host");
        let in_query = query("X-Amz-SignedHeaders=host&x-amz-sdk-checksum-algorithm=CRC32C");
        for (url, checksums, wanted) in [
            (&signed, Checksums::Signed, Some(Algorithm::Crc32c)),
            (&signed, Checksums::Never, None),
            // The signature wants it, whatever else was asked for.
            (&signed, Checksums::Of(Algorithm::Sha1), Some(Algorithm::Crc32c)),
            (&plain, Checksums::Signed, None),
            (&plain, Checksums::Of(Algorithm::Crc32c), None),
            (&in_query, Checksums::Signed, None),
            (&in_query, Checksums::Of(Algorithm::Crc32c), Some(Algorithm::Crc32c)),
            (&in_query, Checksums::Of(Algorithm::Sha1), None),
        ] {
            let adapter = endpoint().with(checksums);
            let answer = format!("200\n\n{{\"url\":\"{url}\"}}");
            let Ok(Reply::Prepared(tickets)) = heard(&adapter, &sign(&[0]), &answer) else { panic!("{url}") };
            let ticket = &tickets[0].1;
            assert_eq!(ticket.wants_digest, wanted.is_some(), "{url} {checksums:?}");
            if let Some(wanted) = wanted {
                let call = adapter.call(&digest(Some(ticket.keep.clone())), &file()).unwrap();
                assert_eq!(call, Call::Digest(wanted, Form::Base64));
            }
        }
        assert_eq!(endpoint().rules().digests, Digests::Asked);
        assert_eq!(endpoint().with(Checksums::Of(Algorithm::Md5)).rules().digests, Digests::Expected);
        assert_eq!(ALL.rules().digests, Digests::Asked);
    }

    #[test]
    fn what_a_store_says_to_a_checksum() {
        let unsigned = "There were headers present in the request which were not signed";
        for (status, code, message, failure) in [
            (400, "BadDigest", "The CRC32C you specified did not match", Failure::Corrupt),
            (400, "XAmzContentChecksumMismatch", "", Failure::Corrupt),
            (403, "AccessDenied", unsigned, Failure::DigestRefused),
            (
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match",
                Failure::DigestRefused,
            ),
            (403, "AccessDenied", "Request has expired", Failure::Refused),
            (400, "InvalidRequest", "Value for x-amz-checksum-crc32c header is invalid.", Failure::DigestRefused),
            (400, "InvalidArgument", "Unsupported header", Failure::DigestRefused),
            (501, "NotImplemented", "A header you provided implies functionality", Failure::DigestRefused),
            (400, "EntityTooLarge", "Too large", Failure::Rejected),
            (503, "SlowDown", "", Failure::Busy { after: None }),
        ] {
            let answer = format!("{status}\n\n<Error><Code>{code}</Code><Message>{message}</Message></Error>");
            let failed = heard(&endpoint(), &with(crc32c(), URL), &answer).unwrap_err();
            assert_eq!((&failed.failure, failed.status), (&failure, Some(status)), "{code}");
            assert!(failed.words.contains(code) && !failed.words.contains("secret"), "{}", failed.words);
            // Without one, a refusal is what it always was.
            let bare = heard(&endpoint(), &send(), &answer).unwrap_err();
            assert_ne!(bare.failure, Failure::DigestRefused, "{code}");
        }
        // What the object is called says nothing about it.
        let named = "https://store.example/checksum-of-crc.zip?X-Amz-Signature=secret";
        let expired = "403\n\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
        assert_eq!(heard(&endpoint(), &with(crc32c(), named), expired).unwrap_err().failure, Failure::Refused);
        let refused = "403\n\n<html>Forbidden</html>";
        assert_eq!(heard(&endpoint(), &with(crc32c(), URL), refused).unwrap_err().failure, Failure::Refused);
    }

    #[test]
    fn a_receipt_has_the_checksum_and_the_store_may_say_another_one() {
        let good = heard(&endpoint(), &with(crc32c(), URL), "200\netag: \"e\"\nx-amz-checksum-crc32c: 4waSgw==\n\n");
        let Ok(Reply::Sent(receipt)) = good else { panic!("{good:?}") };
        assert_eq!(endpoint().checksum(&receipt), Some("4waSgw=="));
        assert_eq!(endpoint().etag(&receipt), Some("\"e\""));
        let other = heard(&endpoint(), &with(crc32c(), URL), "200\netag: \"e\"\nx-amz-checksum-crc32c: AAAAAA==\n\n");
        assert_eq!(other.unwrap_err().failure, Failure::Corrupt);
    }

    #[test]
    fn a_list_is_joined_with_what_was_remembered() {
        let known = Json::object([("etag", "\"one\"".into()), ("checksum", crc32c())]);
        let remembered = [Some(known.clone()), Some(known), None, None].into();
        let list = Step::Inspect { session: session(), page: None, remembered };
        let listed = r#"[{"PartNumber":1,"ETag":"one","Size":5},{"PartNumber":2,"ETag":"\"two\"","Size":5},
            {"PartNumber":3,"ETag":"\"three\"","Size":5,"ChecksumCRC32C":"4waSgw=="},
            {"PartNumber":4,"ETag":"\"four\"","Size":5}]"#;
        for (checksums, expected) in [
            // One that was stored by somebody else, and one whose checksum nobody knows, are sent again.
            (Checksums::Of(Algorithm::Crc32c), vec![(0, true), (2, true)]),
            (Checksums::Of(Algorithm::Md5), vec![(0, true), (1, false), (2, true), (3, false)]),
            (Checksums::Signed, vec![(0, true), (1, false), (2, true), (3, false)]),
        ] {
            let adapter = functions(checksums);
            let value = json(listed);
            let Ok(Reply::Listed { parts, .. }) = adapter.reply(&list, &Answer::Value { of: "list", value }) else {
                panic!("no list");
            };
            let found: Vec<_> =
                parts.iter().map(|part| (part.index, adapter.checksum(&part.receipt).is_some())).collect();
            assert_eq!(found, expected, "{checksums:?}");
        }
    }

    /// Two parts, and what a store says of them as one.
    fn close(algorithm: &str, sums: [&str; 2]) -> Step<Json> {
        let receipt = |value: &str| {
            let sum = Json::object([("algorithm", algorithm.into()), ("value", value.into())]);
            Json::object([("etag", "\"e\"".into()), ("checksum", sum)])
        };
        let second = PartRange { index: 1, start: 5, end: 9 };
        Step::Close { session: session(), receipts: [(part(0), receipt(sums[0])), (second, receipt(sums[1]))].into() }
    }

    #[test]
    fn what_a_store_says_of_the_whole_is_held_against_its_parts() {
        let nvme = Algorithm::Crc64Nvme;
        for (algorithm, field, whole, said, is_composite) in [
            (Algorithm::Crc32c, "ChecksumCRC32C", "w", "w", false),
            (Algorithm::Crc32c, "ChecksumCRC32C", "w", "w-2", true),
            (nvme, "ChecksumCRC64NVME", "w", "w", false),
            (Algorithm::Sha1, "ChecksumSHA1", "w", "w-2", true),
            (Algorithm::Sha256, "ChecksumSHA256", "w", "w-2", true),
        ] {
            let step = close(algorithm.word(), ["a", "b"]);
            let told = |said: &str| {
                let value = json(&format!(r#"{{"{field}":"{said}"}}"#));
                let text = format!("200\n\n{{\"{field}\":\"{said}\"}}");
                let request = request(&endpoint(), &step).into();
                let of_endpoint = Answer::Http { request, response: talk::response(&text) };
                [(&ALL as &dyn Adapter, Answer::Value { of: "complete", value }), (&endpoint(), of_endpoint)]
                    .map(|(adapter, answer)| (adapter.follow(&step, &answer), answer))
            };
            let sums = Sums { algorithm, is_composite, parts: vec![("a".into(), 5), ("b".into(), 4)] };
            for (said, is_good) in [(said, true), (if is_composite { "x-2" } else { "x" }, false)] {
                let [functions, endpoints] = told(said);
                for (adapter, (call, answer)) in [(&ALL as &dyn Adapter, functions), (&endpoint(), endpoints)] {
                    assert_eq!(call, Some(Call::Combine(sums.clone())), "{said}");
                    let reply = |whole: Option<&str>| {
                        let whole = whole.map(ToOwned::to_owned);
                        let answer = Answer::Combined { answer: Box::new(answer.clone()), whole };
                        assert_eq!(adapter.follow(&step, &answer), None);
                        adapter.reply(&step, &answer)
                    };
                    assert!(matches!(reply(None), Ok(Reply::Closed(_))), "what does not follow was compared");
                    match reply(Some(whole)) {
                        Ok(reply) => assert!(is_good && matches!(reply, Reply::Closed(_)), "{said}"),
                        Err(failed) => {
                            assert!(!is_good && failed.failure == Failure::Corrupt, "{said}");
                            assert!(failed.words.contains(&format!("checksum is {said}, and")), "{}", failed.words);
                        }
                    }
                }
            }
            // Where one of the parts has another one, or none, nothing follows.
            let mixed = |receipt: &str| {
                let Step::Close { receipts, .. } = &step else { panic!() };
                let receipts = [receipts[0].clone(), (part(1), json(receipt))].into();
                let value = json(&format!(r#"{{"{field}":"{said}"}}"#));
                ALL.follow(&Step::Close { session: session(), receipts }, &Answer::Value { of: "complete", value })
            };
            assert_eq!(mixed(r#"{"etag":"e"}"#), None);
            assert_eq!(mixed(r#"{"etag":"e","checksum":{"algorithm":"md5","value":"b"}}"#), None);
        }
        // What is made of parts in a way that is not known is not compared.
        for (algorithm, said) in [
            ("crc64nvme", r#"{"ChecksumCRC64NVME":"w-2"}"#),
            ("sha256", r#"{"ChecksumSHA256":"w"}"#),
            ("md5", r#"{"ChecksumMD5":"w"}"#),
            ("crc32c", "{}"),
            ("crc32c", r#"{"ChecksumCRC64NVME":"w"}"#),
        ] {
            let step = close(algorithm, ["a", "b"]);
            assert_eq!(ALL.follow(&step, &Answer::Value { of: "complete", value: json(said) }), None);
            assert!(gave(&step, said).is_ok(), "{said}");
        }
    }
}
