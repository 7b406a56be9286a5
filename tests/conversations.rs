//! What adapters say and hear, letter by letter: for S3 through the endpoints of Companion, and through functions of
//! the app.
#![cfg(not(target_arch = "wasm32"))]

mod talk;

use proptest::prelude::*;
use std::time::Duration;
use talk::{NOON, json};
use upslice::core::{Carrier, Expiry, Failed, Failure, PartRange, Preparing, Reply, Step, Wall};
use upslice::protocol::{Adapter, Answer, Call, File, Json, Request, Response, S3Endpoint, S3Functions};

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

const ALL: S3Functions = S3Functions { list: true, verify: true, abort: true };

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
    Step::Prepare { session: session(), parts: indices.iter().map(|index| part(*index)).collect() }
}

fn send() -> Step<Json> {
    Step::Send { session: session(), part: part(0), ticket: Some(ticket()), carrier: Carrier::Fetch }
}

fn list() -> Step<Json> {
    Step::Inspect { session: session() }
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

fn every_step() -> Vec<Step<Json>> {
    vec![open(), sign(&[0]), sign(&[3, 5, 6]), send(), list(), complete(), verify(), discard()]
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
    ALL.reply(step, &Answer::Value(json(value)))
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
        assert_eq!(said(&ALL, &open()), r#"create({"name":"a film.mp4","type":"video/mp4","size":12})"#);
        assert_eq!(
            said(&ALL, &sign(&[3, 5])),
            format!("sign({session},\"parts\":[{{\"partNumber\":4,\"size\":5}},{{\"partNumber\":6,\"size\":5}}]}})")
        );
        assert_eq!(
            said(&ALL, &complete()),
            format!(
                "complete({session},{}",
                r#""parts":[{"PartNumber":1,"ETag":"\"one\""},{"PartNumber":2,"ETag":"\"two\""}]})"#
            )
        );
        for (step, name) in [(list(), "list"), (verify(), "verify"), (discard(), "abort")] {
            assert_eq!(said(&ALL, &step), format!("{name}({session}}})"));
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
            (400, "BadDigest", Failure::Rejected),
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
        let Reply::Listed(parts) = reply else { panic!("{reply:?}") };
        let parts: Vec<_> = parts
            .iter()
            .map(|part| (part.index, part.size, endpoint().etag(&part.receipt).unwrap().to_owned()))
            .collect();
        assert_eq!(parts, [(0, 5_242_880, "\"a\"".to_owned()), (2, 7, "\"c\"".to_owned())]);
        assert!(matches!(heard(&endpoint(), &list(), "200\n\n[]"), Ok(Reply::Listed(parts)) if parts.is_empty()));
    }

    #[test]
    fn a_session_that_is_unknown() {
        let backends = [
            "404\n\n{\"error\":\"s3: not found\"}",
            "400\n\n{\"error\":\"s3: NoSuchUpload: gone\"}",
            "500\n\n<Error><Code>NoSuchUpload</Code></Error>",
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
            carrier: Carrier::Xhr,
        };
        assert_eq!(request(&ALL, &send).headers, [("a".to_owned(), "b".to_owned())]);
        assert!(
            matches!(gave(&list(), r#"[{"PartNumber":1,"ETag":"e","Size":5}]"#), Ok(Reply::Listed(parts)) if parts.len() == 1)
        );
        for nothing in ["null", "{}", r#"{"location":"l"}"#] {
            assert!(matches!(gave(&complete(), nothing), Ok(Reply::Closed(_))), "{nothing}");
        }
        assert!(matches!(gave(&verify(), "null"), Ok(Reply::Absent)));
        assert!(matches!(gave(&verify(), r#"{"size":7}"#), Ok(Reply::Whole { size: 7, .. })));
        assert!(matches!(gave(&discard(), "null"), Ok(Reply::Discarded)));
    }

    #[test]
    fn what_functions_must_not_give_names_the_function() {
        for (step, values) in [
            (open(), &["null", "{}", r#"{"uploadId":"u"}"#, r#"{"uploadId":"","key":"k"}"#, "7"][..]),
            (
                sign(&[0]),
                &["null", "{}", r#"[{"url":"https://s.example"}]"#, r#"[{"partNumber":0,"url":"https://s"}]"#, "[7]"],
            ),
            (list(), &["null", "{}", "7"]),
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

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        any::<f64>().prop_map(Json::Number),
        any::<u64>().prop_map(Json::from),
        ".{0,20}".prop_map(Json::Text),
        Just(Json::from("https://s.example/k?X-Amz-Expires=99999999999999999999&X-Amz-Date=20261320T250000Z")),
    ];
    let names = prop_oneof![
        Just("url".to_owned()),
        Just("presignedUrls".to_owned()),
        Just("expires".to_owned()),
        Just("expiresIn".to_owned()),
        Just("headers".to_owned()),
        Just("partNumber".to_owned()),
        Just("PartNumber".to_owned()),
        Just("ETag".to_owned()),
        Just("Size".to_owned()),
        Just("size".to_owned()),
        Just("uploadId".to_owned()),
        Just("key".to_owned()),
        Just("error".to_owned()),
        "[0-9]{1,20}",
        ".{0,8}",
    ];
    leaf.prop_recursive(4, 32, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::List),
            prop::collection::vec((names.clone(), inner), 0..6).prop_map(Json::Map),
        ]
    })
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,80}",
        any_json().prop_map(|json| serde_json::to_string(&json).unwrap_or_default()),
        (".{0,20}", ".{0,20}")
            .prop_map(|(code, message)| { format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>") }),
        prop::collection::vec(any::<u8>(), 0..80).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
    ]
}

proptest! {
    #[test]
    fn no_answer_at_all_makes_an_adapter_panic(
        status in prop_oneof![any::<u16>(), 0..600u16],
        names in prop::collection::vec(prop_oneof![Just("etag".to_owned()), Just("retry-after".to_owned()), "[a-z-]{1,9}"], 0..3),
        value in ".{0,30}",
        text in any_text(),
        parsed in prop::option::of(any_json()),
        at in any::<u64>(),
    ) {
        for step in every_step() {
            for adapter in [&endpoint() as &dyn Adapter, &ALL] {
                let Call::Http(request) = adapter.call(&step, &file()).unwrap() else { continue };
                let headers = names.iter().map(|name| (name.clone(), value.clone())).collect();
                let json = parsed.clone().or_else(|| serde_json::from_str(&text).ok());
                let response = Response { status, headers, text: text.clone(), json, at: Wall::from_millis(at) };
                if let Err(failed) = adapter.reply(&step, &Answer::Http { request, response }) {
                    prop_assert!(!failed.words.contains("secret"), "{}", failed.words);
                }
            }
        }
    }

    #[test]
    fn no_value_at_all_makes_an_adapter_panic(value in any_json()) {
        for step in every_step() {
            let _ = ALL.reply(&step, &Answer::Value(value.clone()));
            let _ = endpoint().reply(&step, &Answer::Value(value.clone()));
        }
    }

    #[test]
    fn no_session_at_all_makes_an_adapter_panic(session in any_json(), ticket in prop::option::of(any_json())) {
        let receipts = [(part(0), session.clone())];
        for step in [
            Step::Prepare { session: session.clone(), parts: vec![part(0)] },
            Step::Send { session: session.clone(), part: part(0), ticket, carrier: Carrier::Fetch },
            Step::Close { session: session.clone(), receipts: receipts.into() },
            Step::Discard { session },
        ] {
            let _ = (endpoint().call(&step, &file()), ALL.call(&step, &file()));
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
