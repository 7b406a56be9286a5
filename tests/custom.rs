//! What the adapter of services that an app describes says and hears, letter by letter.
#![cfg(not(target_arch = "wasm32"))]

mod talk;

use std::time::Duration;
use talk::json;
use upslice::core::{
    Carrier, Digests, Failed, Failure, Limits, Numbers, PartRange, Plan, Preparing, Reply, Sizes, Step, Ticket, Wall,
};
use upslice::protocol::{Adapter, Algorithm, Answer, Call, Credentials, Custom, File, Function, Json, Question, Shape};

fn custom(shape: Shape) -> Custom {
    Custom {
        shape,
        limits: Limits { min_part_size: 4, max_part_size: 100, max_parts: 50, max_size: 4_000, empty_parts: Some(1) },
        most_at_once: None,
        numbers: Numbers::Reusable,
        receipt: false,
        abort: false,
        list: false,
        id: None,
        here: "https://app.example/upload/page.html?tab=1#top".into(),
        checksum: None,
    }
}

fn raw() -> Custom {
    custom(Shape::Raw)
}

fn file() -> File {
    File { name: "a \"film\".mp4".into(), kind: "video/mp4".into(), size: 14, metadata: Vec::new() }
}

const fn open() -> Step<Json> {
    Step::Open { parts: 3, part_size: 5 }
}

/// As what `create` gave makes it: what the app itself calls the session is kept at the edge, under a number.
fn session() -> Json {
    json(r#"{"session":3,"uploadId":"u"}"#)
}

const fn part(index: u32) -> PartRange {
    let start = index as u64 * 5;
    PartRange { index, start, end: if start + 5 > 14 { 14 } else { start + 5 } }
}

fn prepare(attempt: u32) -> Step<Json> {
    Step::Prepare { session: session(), parts: vec![part(2)], digests: Vec::new(), attempt }
}

fn send_with(ticket: Json) -> Step<Json> {
    Step::Send { session: session(), part: part(2), ticket: Some(ticket), digest: None, carrier: Carrier::Fetch }
}

fn complete() -> Step<Json> {
    let receipts = [(part(0), json(r#"{"etag":"\"e\""}"#)), (part(1), json("{}")), (part(2), Json::Null)];
    Step::Close { session: session(), receipts: receipts.into() }
}

fn list() -> Step<Json> {
    Step::Inspect { session: session(), page: None, remembered: std::rc::Rc::default() }
}

fn discard() -> Step<Json> {
    Step::Discard { session: session() }
}

fn said(adapter: &Custom, step: &Step<Json>) -> String {
    talk::said(adapter, step, &file())
}

fn gave(adapter: &Custom, step: &Step<Json>, value: &str) -> Result<Reply<Json>, Failed> {
    adapter.reply(step, &Answer::Value { of: step.role(), value: json(value) })
}

/// What a function must not give: it is named, and what it should have given.
fn wrong(adapter: &Custom, step: &Step<Json>, name: &str, value: &str) -> String {
    let failed = gave(adapter, step, value).expect_err(value);
    assert_eq!(failed.failure, Failure::Nonsense, "{value}");
    assert!(failed.words.contains(&format!("your function `{name}`")), "{value}: {}", failed.words);
    assert!(!failed.words.contains("secret"), "{}", failed.words);
    failed.words.clone()
}

fn ticket(adapter: &Custom, given: &str) -> Ticket<Json> {
    match gave(adapter, &prepare(1), given) {
        Ok(Reply::Prepared(mut tickets)) => {
            assert_eq!((tickets.len(), tickets[0].0), (1, 2));
            tickets.remove(0).1
        }
        other => panic!("{given}: {other:?}"),
    }
}

/// The request that comes of what `part` gave.
fn sent(adapter: &Custom, given: &str) -> String {
    said(adapter, &send_with(ticket(adapter, given).keep))
}

fn called(adapter: &Custom, step: &Step<Json>) -> Function {
    match adapter.call(step, &file()).unwrap() {
        Call::Function(function) => function,
        call => panic!("{call:?}"),
    }
}

mod calling {
    use super::*;

    #[test]
    fn functions_are_called_with_what_their_types_promise() {
        assert_eq!(
            said(&raw(), &open()),
            r#"create({"name":"a \"film\".mp4","type":"video/mp4","size":14,"parts":3,"partSize":5} with the signal)"#
        );
        assert_eq!(
            said(&raw(), &prepare(2)),
            r#"part(the app's own, kept under 3, {"number":3,"offset":10,"size":4,"attempt":2} with the signal)"#
        );
        assert_eq!(
            said(&raw(), &complete()),
            "complete(the app's own, kept under 3, \
             [{\"number\":1,\"offset\":0,\"size\":5,\"etag\":\"\\\"e\\\"\"},{\"number\":2,\"offset\":5,\"size\":5},\
             {\"number\":3,\"offset\":10,\"size\":4}], the signal)"
        );
        assert_eq!(said(&raw(), &list()), "list(the app's own, kept under 3)");
        assert_eq!(said(&raw(), &discard()), "abort(the app's own, kept under 3)");
    }

    #[test]
    fn what_only_the_app_understands_stays_as_it_is() {
        assert_eq!(called(&raw(), &open()).keeps, Some("session"));
        for step in [prepare(1), complete(), list(), discard()] {
            assert_eq!(called(&raw(), &step).keeps, None);
        }
    }

    #[test]
    fn steps_that_nobody_described_are_refused() {
        for step in [
            Step::Settle { session: session(), receipts: [(part(0), Json::Null)].into() },
            Step::Watch { session: session() },
            Step::Verify { session: session() },
            Step::Prepare { session: session(), parts: Vec::new(), digests: Vec::new(), attempt: 1 },
        ] {
            let failed = raw().call(&step, &file()).unwrap_err();
            assert_eq!(failed.failure, Failure::Nonsense);
        }
        assert!(raw().ask(&Question::Incomplete { page: 1 }).is_none());
        assert!(raw().ask(&Question::Status { upload_id: "u".into(), page: 1 }).is_none());
    }
}

mod creating {
    use super::*;

    #[test]
    fn a_session_may_have_a_name_and_a_part_size() {
        for (given, id, size) in [
            (r#"{"session":3}"#, "", None),
            (r#"{"session":3,"uploadId":null,"partSize":null}"#, "", None),
            (r#"{"session":3,"uploadId":"u","partSize":4}"#, "u", Some(4)),
            (r#"{"session":3,"uploadId":"u","partSize":100,"more":[1]}"#, "u", Some(100)),
        ] {
            let Ok(Reply::Opened { session, tickets, part_size, seat }) = gave(&raw(), &open(), given) else {
                panic!()
            };
            assert_eq!((tickets.len(), part_size, seat), (0, size, None), "{given}");
            assert_eq!(raw().outcome(&session, &Json::Null).upload_id, id);
            assert_eq!(said(&raw(), &Step::Discard { session }), "abort(the app's own, kept under 3)");
        }
    }

    #[test]
    fn what_is_no_session_is_told() {
        for given in ["null", "{}", "7", "\"u\"", "[]", r#"{"uploadId":"u"}"#, r#"{"session":null}"#] {
            assert!(wrong(&raw(), &open(), "create", given).contains("{ session, uploadId, partSize }"));
        }
    }

    #[test]
    fn a_part_size_that_is_none_fits_no_limits_and_its_session_can_be_removed() {
        for size in ["0", "-5", "4.5", "\"big\"", "true", "[]", "{}", "1e300"] {
            let reply = gave(&raw(), &open(), &format!(r#"{{"session":3,"partSize":{size}}}"#));
            assert!(matches!(reply, Ok(Reply::Opened { part_size: Some(0), .. })), "{size}: {reply:?}");
        }
    }
}

mod parts {
    use super::*;

    #[test]
    fn raw_bytes_are_put() {
        assert_eq!(
            sent(&raw(), r#"{"url":"https://store.example/k?sig=secret"}"#),
            "PUT https://store.example/k?sig=secret (store)\n\n(the part)"
        );
        assert_eq!(
            sent(
                &raw(),
                r#"{"url":"https://store.example/k","method":"post","headers":{"a":"b","x-n":"2"},"credentials":"include"}"#
            ),
            "POST https://store.example/k (store)\na: b\nx-n: 2\n\n(the part)"
        );
    }

    #[test]
    fn base64_in_json_is_posted() {
        let base64 = custom(Shape::Base64Json);
        assert_eq!(
            sent(&base64, r#"{"url":"https://store.example/k"}"#),
            "POST https://store.example/k (store)\n\n{} and `data`: (the part as base64)"
        );
        assert_eq!(
            sent(
                &base64,
                r#"{"url":"https://store.example/k","method":"PUT","fields":{"n":3,"s":"x","o":{"p":[1]}},"dataField":"bytes"}"#
            ),
            "PUT https://store.example/k (store)\n\n{\"n\":3,\"s\":\"x\",\"o\":{\"p\":[1]}} and `bytes`: (the part as base64)"
        );
    }

    #[test]
    fn form_data_is_posted_with_the_file_last() {
        let form = custom(Shape::FormData);
        assert_eq!(
            sent(&form, r#"{"url":"https://store.example/k"}"#),
            "POST https://store.example/k (store)\n\nfile=(the part, as a \"film\".mp4)\n"
        );
        assert_eq!(
            sent(&form, r#"{"url":"https://store.example/k","fields":{"key":"u","number":3},"dataField":"blob"}"#),
            "POST https://store.example/k (store)\n\nkey=u\nnumber=3\nblob=(the part, as a \"film\".mp4)\n"
        );
    }

    #[test]
    fn methods_are_those_that_have_a_body() {
        for (given, method) in [("PUT", "PUT"), ("put", "PUT"), ("Patch", "PATCH"), ("POST", "POST")] {
            let line = format!("{method} https://s.example/k (store)");
            let given = format!(r#"{{"url":"https://s.example/k","method":"{given}"}}"#);
            assert_eq!(sent(&raw(), &given).lines().next(), Some(line.as_str()));
        }
        for given in ["GET", "DELETE", "HEAD", "PUT ", "X\r\nY"] {
            let given = serde_json::json!({ "url": "https://s.example/k", "method": given }).to_string();
            assert!(wrong(&raw(), &prepare(1), "part", &given).contains("POST, PUT or PATCH"));
        }
    }

    #[test]
    fn relative_urls_are_relative_to_the_page() {
        for (url, expected) in [
            ("/api/part?n=1", "https://app.example/api/part?n=1"),
            ("part?n=1", "https://app.example/upload/part?n=1"),
            ("//store.example/k", "https://store.example/k"),
            ("/part?then=https://app.example/done", "https://app.example/part?then=https://app.example/done"),
            ("http://store.example:81/k#f", "http://store.example:81/k#f"),
        ] {
            let ticket = ticket(&raw(), &format!(r#"{{"url":"{url}"}}"#));
            assert_eq!(ticket.keep.text("url"), Some(expected));
            assert!(expected.starts_with(&ticket.origin.to_string()) && ticket.expiry.is_none());
        }
    }

    #[test]
    fn a_url_that_says_how_long_it_lives_is_believed() {
        let given = r#"{"url":"https://store.example/k?X-Amz-Date=19700101T000100Z&X-Amz-Expires=300"}"#;
        let expiry = ticket(&raw(), given).expiry.unwrap();
        assert_eq!((expiry.signed_at, expiry.lifetime.as_secs()), (Some(Wall::from_millis(60_000)), 300));
    }

    #[test]
    fn what_is_no_url_is_told() {
        for given in [
            "null",
            "7",
            "\"https://s.example/k\"",
            "[]",
            "{}",
            r#"{"url":null}"#,
            r#"{"url":""}"#,
            r#"{"url":7}"#,
            r#"{"url":"ftp://s.example/k?secret"}"#,
            r#"{"url":"javascript:secret"}"#,
            r#"{"url":"data:text/plain,secret"}"#,
            r#"{"url":"blob:https://app.example/secret"}"#,
            r#"{"url":"https://"}"#,
        ] {
            assert!(wrong(&raw(), &prepare(1), "part", given).contains("`url`"));
        }
        let nowhere = Custom { here: String::new(), ..raw() };
        wrong(&nowhere, &prepare(1), "part", r#"{"url":"/k"}"#);
    }

    #[test]
    fn options_that_would_be_passed_over_in_silence_are_told() {
        for (option, names) in [
            (r#""method":7"#, "`method`"),
            (r#""headers":"a: b""#, "`headers`"),
            (r#""headers":["a"]"#, "`headers`"),
            (r#""headers":{"x-part":3}"#, "`headers`"),
            (r#""headers":{"authorization":{"secret":1}}"#, "`headers`"),
            (r#""credentials":"all""#, "`credentials`"),
            (r#""credentials":true"#, "`credentials`"),
            (r#""fields":"x""#, "`fields`"),
            (r#""fields":[1]"#, "`fields`"),
            (r#""dataField":7"#, "`dataField`"),
            (r#""dataField":"""#, "`dataField`"),
        ] {
            let given = format!(r#"{{"url":"https://s.example/k",{option}}}"#);
            let words = wrong(&custom(Shape::FormData), &prepare(1), "part", &given);
            assert!(words.contains(names), "{given}: {words}");
        }
        // What is null or undefined was left out.
        let bare = r#"{"url":"https://s.example/k","method":null,"headers":null,"credentials":null,"fields":null,"dataField":null}"#;
        assert_eq!(sent(&raw(), bare), "PUT https://s.example/k (store)\n\n(the part)");
        let given = r#"{"url":"https://s.example/k","headers":{"a":null,"b":"c"}}"#;
        assert_eq!(sent(&raw(), given), "PUT https://s.example/k (store)\nb: c\n\n(the part)");
    }

    #[test]
    fn cookies_go_where_the_app_says() {
        let credentials = |given: &str| {
            let given = format!(r#"{{"url":"https://s.example/k"{given}}}"#);
            let request = talk::request(&raw(), &send_with(ticket(&raw(), &given).keep), &file());
            assert!(!request.is_api);
            request.credentials
        };
        assert_eq!(credentials(""), None);
        assert_eq!(credentials(r#","credentials":"same-origin""#), Some(Credentials::SameOrigin));
        assert_eq!(credentials(r#","credentials":"omit""#), Some(Credentials::Omit));
        assert_eq!(credentials(r#","credentials":"include""#), Some(Credentials::Include));
    }
}

mod receipts {
    use super::*;

    const TICKET: &str = r#"{"url":"https://s.example/k?sig=secret"}"#;

    fn send() -> Step<Json> {
        send_with(ticket(&raw(), TICKET).keep)
    }

    fn heard(text: &str) -> Result<Reply<Json>, Failed> {
        talk::heard(&raw(), &send(), &file(), text)
    }

    fn follow(adapter: &Custom, step: &Step<Json>, text: &str) -> Option<Call> {
        let request = talk::request(&raw(), &send(), &file()).into();
        adapter.follow(step, &Answer::Http { request, response: talk::response(text) })
    }

    fn etag(reply: Result<Reply<Json>, Failed>) -> Option<String> {
        match reply {
            Ok(Reply::Sent(receipt)) => raw().etag(&receipt).map(ToOwned::to_owned),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn without_a_word_the_receipt_is_the_etag_if_there_is_one() {
        assert_eq!(etag(heard("200\netag: \"e\"\n\n")).as_deref(), Some("\"e\""));
        for text in ["200\n\n", "204\n\n", "201\netag: \n\nbody"] {
            assert_eq!(etag(heard(text)), None, "{text}");
        }
    }

    #[test]
    fn a_function_of_the_app_reads_the_receipt_out_of_the_answer() {
        let reading = Custom { receipt: true, ..raw() };
        let Some(Call::Function(function)) = follow(&reading, &send(), "201\netag: \"e\"\nx-a: b\n\n{\"tag\":1}")
        else {
            panic!()
        };
        assert_eq!((function.name, function.keeps), ("receipt", None));
        let [upslice::protocol::Argument::Data(told)] = function.arguments.as_slice() else { panic!("{function:?}") };
        assert_eq!(*told, json(r#"{"status":201,"headers":{"etag":"\"e\"","x-a":"b"},"body":"{\"tag\":1}"}"#));
        assert_eq!(etag(gave(&reading, &send(), r#"{"etag":"mine","more":1}"#)).as_deref(), Some("mine"));
        for nothing in ["{}", r#"{"etag":null}"#, "null"] {
            assert_eq!(etag(gave(&reading, &send(), nothing)), None, "{nothing}");
        }
        for odd in ["7", "\"mine\"", "[]", "true", r#"{"etag":7}"#, r#"{"etag":{}}"#] {
            wrong(&reading, &send(), "receipt", odd);
        }
    }

    #[test]
    fn only_the_good_answer_to_a_part_is_read() {
        let reading = Custom { receipt: true, ..raw() };
        assert!(follow(&raw(), &send(), "200\n\n").is_none());
        for text in ["400\n\n", "503\n\n", "0\n\n", "304\n\n"] {
            assert!(follow(&reading, &send(), text).is_none(), "{text}");
        }
        for step in [open(), prepare(1), complete(), list(), discard()] {
            assert!(follow(&reading, &step, "200\n\n").is_none());
            assert!(reading.follow(&step, &Answer::Value { of: step.role(), value: Json::Null }).is_none());
        }
        // What it gave is not read again.
        assert!(reading.follow(&send(), &Answer::Value { of: "receipt", value: json("{}") }).is_none());
    }

    #[test]
    fn what_a_service_refuses_is_told_without_its_signature() {
        for (text, expected) in [
            ("400\n\nno", Failure::Rejected),
            ("401\n\n", Failure::Refused),
            ("403\n\n", Failure::Refused),
            ("404\n\n", Failure::Gone),
            ("408\n\n", Failure::Server),
            ("429\nretry-after: 2\n\n", Failure::Busy { after: Some(Duration::from_secs(2)) }),
            ("500\n\n{\"error\":\"https://s.example/k?sig=secret\"}", Failure::Server),
            ("0\n\n", Failure::Nonsense),
        ] {
            let failed = heard(text).unwrap_err();
            assert_eq!(failed.failure, expected, "{text}");
            assert!(failed.words.contains("PUT https://s.example/k answered"), "{}", failed.words);
            assert!(!failed.words.contains("secret"), "{}", failed.words);
        }
    }
}

mod ending {
    use super::*;

    #[test]
    fn what_complete_gives_is_the_apps_to_read() {
        let Ok(Reply::Closed(closing)) =
            gave(&raw(), &complete(), r#"{"location":"https://x","objectId":"o","response":{"a":1}}"#)
        else {
            panic!()
        };
        let outcome = raw().outcome(&session(), &closing);
        assert_eq!((outcome.upload_id.as_str(), outcome.object_id.as_deref()), ("u", Some("o")));
        assert_eq!((outcome.location.as_deref(), outcome.response), (Some("https://x"), Some(json(r#"{"a":1}"#))));
        for nothing in ["null", "{}", "7", "[]", "\"x\"", r#"{"location":7,"objectId":{},"response":null}"#] {
            let Ok(Reply::Closed(closing)) = gave(&raw(), &complete(), nothing) else { panic!("{nothing}") };
            let outcome = raw().outcome(&session(), &closing);
            assert_eq!((outcome.object_id, outcome.location, outcome.response), (None, None, Some(Json::Null)));
        }
    }

    #[test]
    fn parts_that_are_listed_badly_are_sent_again() {
        let given = r#"[{"number":1,"size":5,"etag":"e"},{"number":2,"size":5},{"number":"3","size":"4"},
            {"number":0,"size":5},{"number":-1,"size":5},{"number":4},{"size":5},{"number":1.5,"size":5},
            {"number":99999999999,"size":5},{"number":5,"size":-1},null,7,[]]"#;
        let Ok(Reply::Listed { parts, next: None }) = gave(&raw(), &list(), given) else { panic!() };
        let told: Vec<_> = parts.iter().map(|part| (part.index, part.size, raw().etag(&part.receipt))).collect();
        assert_eq!(told, [(0, Some(5), Some("e")), (1, Some(5), None), (2, Some(4), None)]);
        assert!(matches!(gave(&raw(), &list(), "[]"), Ok(Reply::Listed { parts, .. }) if parts.is_empty()));
        assert!(matches!(gave(&raw(), &list(), "null"), Ok(Reply::Unknown)), "it is forgotten");
        for odd in ["{}", "7", "\"x\"", "true"] {
            wrong(&raw(), &list(), "list", odd);
        }
    }

    #[test]
    fn what_abort_gives_is_of_no_interest() {
        for given in ["null", "7", "{}", "[]", "false"] {
            assert!(matches!(gave(&raw(), &discard(), given), Ok(Reply::Discarded)));
        }
    }
}

mod ruling {
    use super::*;

    #[test]
    fn the_rules_are_what_the_app_says() {
        let rules = raw().rules();
        assert_eq!((rules.preparing, rules.numbers, rules.sizes), (Preparing::Each, Numbers::Reusable, Sizes::Ours));
        assert_eq!((rules.inspects, rules.discards, rules.verifies, rules.watches), (false, false, false, false));
        assert_eq!((rules.api, rules.most_at_once, rules.settling, rules.completes), (None, None, None, true));
        let all = Custom { abort: true, list: true, most_at_once: Some(2), numbers: Numbers::Once, ..raw() }.rules();
        assert_eq!((all.inspects, all.discards, all.most_at_once), (true, true, Some(2)));
        assert_eq!(all.numbers, Numbers::Once);
    }

    #[test]
    fn the_apps_limits_are_kept() {
        let limits = raw().rules().limits;
        assert_eq!(Plan::new(0, None, 6, &limits).unwrap().parts(), 1);
        assert!(Plan::new(4_000, None, 6, &limits).unwrap().parts() <= 50);
        assert!(Plan::new(4_001, None, 6, &limits).is_err());
        for size in [3, 101] {
            assert!(Plan::new(10, Some(size), 6, &limits).is_err());
        }
    }
}

#[test]
fn a_checksum_is_told_to_part_and_to_complete() {
    let adapter = Custom { checksum: Some(Algorithm::Sha1), ..raw() };
    assert_eq!(adapter.rules().digests, Digests::First);
    assert_eq!(raw().rules().digests, Digests::Never);
    let digest = Step::Digest { session: session(), part: part(2), ticket: None };
    assert_eq!(said(&adapter, &digest), "Sha1 of the part, in Base64");
    let Ok(Reply::Digested(sum)) = adapter.reply(&digest, &Answer::Digest("4waSgw==".into())) else { panic!() };
    let prepare = Step::Prepare { session: session(), parts: vec![part(2)], digests: vec![sum.clone()], attempt: 1 };
    let told = r#"part(the app's own, kept under 3, {"number":3,"offset":10,"size":4,"attempt":1,"checksum":{"algorithm":"sha1","value":"4waSgw=="}} with the signal)"#;
    assert_eq!(said(&adapter, &prepare), told);
    let ticket = Some(json(r#"{"url":"https://app.example/x"}"#));
    let send = Step::Send { session: session(), part: part(2), ticket, digest: Some(sum), carrier: Carrier::Fetch };
    let Ok(Reply::Sent(receipt)) = talk::heard(&adapter, &send, &file(), "200\netag: e\n\n") else { panic!() };
    assert_eq!(adapter.checksum(&receipt), Some("4waSgw=="));
    // A list says nothing of it: it is remembered.
    let remembered = [None, None, Some(receipt.clone())].into();
    let list = Step::Inspect { session: session(), page: None, remembered };
    let Ok(Reply::Listed { parts, .. }) = gave(&adapter, &list, r#"[{"number":3,"size":4,"etag":"e"}]"#) else {
        panic!();
    };
    assert_eq!(parts[0].receipt, receipt);
    let close = Step::Close { session: session(), receipts: [(part(2), receipt)].into() };
    let parts = r#"[{"number":3,"offset":10,"size":4,"etag":"e","checksum":"4waSgw=="}]"#;
    assert!(said(&adapter, &close).contains(parts), "{}", said(&adapter, &close));
}
