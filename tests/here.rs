//! What the adapter of HERE's Blob service says and hears, letter by letter.
#![cfg(not(target_arch = "wasm32"))]

mod talk;

use std::time::Duration;
use talk::json;
use upslice::core::{Carrier, Digests, Failed, Failure, Numbers, Origin, PartRange, Plan, Preparing, Reply, Step};
use upslice::protocol::{Adapter, Algorithm, Answer, File, Here, Json, Known, Question};

const BASE: &str = "https://blob.example/blobstore/v1/catalogs/hrn:here:data::realm:cat";

fn here() -> Here {
    Here {
        base_url: BASE.into(),
        origins: Vec::new(),
        layer_id: "layer-1".into(),
        data_handle: "handle-1.bin".into(),
        gzip: false,
        billing_tag: None,
        is_named: true,
        resend: false,
        digest: None,
    }
}

fn billed() -> Here {
    Here { billing_tag: Some("tag1234".into()), ..here() }
}

fn digested() -> Here {
    Here { digest: Some(Algorithm::Crc32c), ..here() }
}

fn file() -> File {
    File { name: "a.bin".into(), kind: "application/x-protobuf".into(), size: 7 << 20, metadata: Vec::new() }
}

const fn open() -> Step<Json> {
    Step::Open { parts: 2, part_size: 5 << 20 }
}

const fn part(index: u32) -> PartRange {
    PartRange { index, start: index as u64 * 5, end: index as u64 * 5 + 5 }
}

fn started(href: impl Fn(&str) -> String) -> String {
    let link = |name: &str, method: &str| format!(r#""{name}":{{"href":"{}","method":"{method}"}}"#, href(name));
    format!(
        "200\n\n{{\"links\":{{{},{},{},{}}}}}",
        link("uploadPart", "POST"),
        link("complete", "PUT"),
        link("status", "GET"),
        link("delete", "DELETE")
    )
}

const PATH: &str = "/blobstore/v1/catalogs/hrn:here:data::realm:cat/layers/layer-1/data/handle-1.bin/multiparts/TOKEN";

/// Links as the vendor's examples show them: a path and no more, or a whole address.
fn links(root: &str) -> String {
    started(|name| format!("{root}{PATH}{}", if name == "uploadPart" { "/parts" } else { "" }))
}

fn session_of(adapter: &Here, text: &str) -> Json {
    match talk::heard(adapter, &open(), &file(), text) {
        Ok(Reply::Opened { session, tickets, part_size, .. }) => {
            assert!(tickets.is_empty() && part_size.is_none());
            session
        }
        other => panic!("{other:?}"),
    }
}

fn session() -> Json {
    session_of(&here(), &links("https://blob.example"))
}

fn send(session: Json) -> Step<Json> {
    Step::Send { session, part: part(1), ticket: None, digest: None, carrier: Carrier::Fetch }
}

fn send_with(digest: Json) -> Step<Json> {
    Step::Send { session: session(), part: part(1), ticket: None, digest: Some(digest), carrier: Carrier::Fetch }
}

fn complete(session: Json) -> Step<Json> {
    let receipt = |index: u32, etag: &str| (part(index), Json::object([("etag", etag.into())]));
    Step::Close { session, receipts: [receipt(0, "\"etag-1\""), receipt(1, "etag 2")].into() }
}

fn watch() -> Step<Json> {
    Step::Watch { session: session() }
}

fn discard() -> Step<Json> {
    Step::Discard { session: session() }
}

fn every_step(session: &Json) -> [Step<Json>; 4] {
    [
        send(session.clone()),
        complete(session.clone()),
        Step::Watch { session: session.clone() },
        Step::Discard { session: session.clone() },
    ]
}

fn said(adapter: &Here, step: &Step<Json>) -> String {
    talk::said(adapter, step, &file())
}

fn heard(adapter: &Here, step: &Step<Json>, text: &str) -> Result<Reply<Json>, Failed> {
    talk::heard(adapter, step, &file(), text)
}

fn failure(adapter: &Here, step: &Step<Json>, text: &str) -> Failure {
    heard(adapter, step, text).expect_err(text).failure
}

const ERROR: &str = r#"{"title":"Bad Request","status":400,"code":"E400","cause":"the digest differs","action":"Send it again.","correlationId":"4-2"}"#;

mod starting {
    use super::*;

    #[test]
    fn the_start_tells_the_type_of_the_content_and_its_encoding() {
        assert_eq!(
            said(&here(), &open()),
            format!(
                "POST {BASE}/layers/layer-1/data/handle-1.bin/multiparts (api)\n\n\
                 {{\"contentType\":\"application/x-protobuf\",\"contentEncoding\":\"identity\"}}"
            )
        );
        let zipped = Here { gzip: true, base_url: format!("{BASE}/"), ..here() };
        assert_eq!(
            said(&zipped, &open()),
            format!(
                "POST {BASE}/layers/layer-1/data/handle-1.bin/multiparts (api)\n\n\
                 {{\"contentType\":\"application/x-protobuf\",\"contentEncoding\":\"gzip\"}}"
            )
        );
    }

    #[test]
    fn a_layer_and_a_handle_never_leave_their_places() {
        let odd = Here { layer_id: "a/b?c".into(), data_handle: "../x#y".into(), ..here() };
        assert!(
            said(&odd, &open()).starts_with(&format!("POST {BASE}/layers/a%2Fb%3Fc/data/..%2Fx%23y/multiparts (api)"))
        );
    }

    #[test]
    fn links_that_are_paths_lead_to_the_origin_of_the_base() {
        let session = session_of(&here(), &links(""));
        assert_eq!(session, self::session());
        assert_eq!(said(&here(), &Step::Watch { session }), format!("GET https://blob.example{PATH} (api)\n\n"));
    }

    #[test]
    fn each_link_is_used_for_what_it_is_for() {
        let session = session_of(&here(), &started(|name| format!("/x/{name}")));
        let lines = every_step(&session).map(|step| said(&here(), &step).lines().next().unwrap().to_owned());
        assert_eq!(
            lines,
            [
                "POST https://blob.example/x/uploadPart?partNumber=2 (api)",
                "PUT https://blob.example/x/complete (api)",
                "GET https://blob.example/x/status (api)",
                "DELETE https://blob.example/x/delete (api)",
            ]
        );
    }

    #[test]
    fn a_path_with_an_address_in_its_query_is_a_path() {
        let session = session_of(&here(), &started(|name| format!("/proxy/{name}?to=https://other.example/x")));
        assert_eq!(
            said(&here(), &send(session)).lines().next(),
            Some("POST https://blob.example/proxy/uploadPart?to=https://other.example/x&partNumber=2 (api)")
        );
    }

    #[test]
    fn a_start_without_all_of_its_links_is_none() {
        for body in [
            "",
            "ok",
            "<html>",
            "[]",
            "{}",
            "null",
            r#"{"links":null}"#,
            r#"{"links":[]}"#,
            r#"{"links":{"uploadPart":"https://blob.example/x","complete":7,"status":null,"delete":{}}}"#,
            r#"{"links":{"uploadPart":{"href":7},"complete":{"href":""},"status":{"href":null},"delete":{"href":[]}}}"#,
        ] {
            let failed = heard(&here(), &open(), &format!("200\n\n{body}")).expect_err(body);
            assert_eq!(failed.failure, Failure::Nonsense, "{body}");
            assert!(failed.words.contains("`uploadPart`"), "{}", failed.words);
        }
        for missing in ["uploadPart", "complete", "status", "delete"] {
            let text = links("").replace(&format!("\"{missing}\""), "\"other\"");
            assert_eq!(failure(&here(), &open(), &text), Failure::Nonsense, "{missing}");
            // Links to anything but http lead nowhere.
            for href in
                ["ftp://blob.example/x", "javascript:alert(1)", "data:,x", "blob:https://blob.example/x", "https://"]
            {
                let text = started(|name| if name == missing { href.into() } else { "/x".into() });
                assert_eq!(failure(&here(), &open(), &text), Failure::Nonsense, "{missing} {href}");
            }
        }
    }

    #[test]
    fn where_the_links_lead_is_the_sessions_seat() {
        for (root, seat) in [("", "https://blob.example"), ("https://other.example:8443", "https://other.example:8443")]
        {
            let Ok(Reply::Opened { seat: Some(told), .. }) = heard(&here(), &open(), &links(root)) else { panic!() };
            assert_eq!(told.to_string(), seat);
        }
    }

    #[test]
    fn a_handle_that_is_taken_is_told() {
        let body = r#"{"title":"Conflict","status":409,"cause":"the data handle is in use already"}"#;
        let failed = heard(&here(), &open(), &format!("409\n\n{body}")).unwrap_err();
        assert_eq!((&failed.failure, failed.status), (&Failure::Rejected, Some(409)));
        assert!(
            failed.words.ends_with("answered 409 (Conflict: the data handle is in use already)"),
            "{}",
            failed.words
        );
    }
}

mod parts {
    use super::*;

    #[test]
    fn a_part_is_posted_where_its_link_leads_with_its_number_and_type() {
        assert_eq!(
            said(&here(), &send(session())),
            format!(
                "POST https://blob.example{PATH}/parts?partNumber=2 (api)\ncontent-type: application/x-protobuf\n\n(the part)"
            )
        );
    }

    #[test]
    fn a_link_with_a_query_keeps_it() {
        let session = session_of(&here(), &started(|name| format!("/x/{name}?a=1#f")));
        assert!(
            said(&here(), &send(session))
                .starts_with("POST https://blob.example/x/uploadPart?a=1&partNumber=2#f (api)")
        );
    }

    #[test]
    fn a_digest_is_named_as_the_service_spells_it() {
        for (algorithm, prefix) in [
            (Algorithm::Crc32c, "CRC-32C:"),
            (Algorithm::Md5, "MD5:"),
            (Algorithm::Sha1, "SHA1:"),
            (Algorithm::Sha256, "SHA256:"),
        ] {
            let adapter = Here { digest: Some(algorithm), ..here() };
            assert_eq!(adapter.rules().digests, Digests::First);
            let digest = Step::Digest { session: session(), part: part(1), ticket: None };
            assert_eq!(said(&adapter, &digest), format!("{algorithm:?} of the part, in Hex"));
            let made = adapter.reply(&digest, &Answer::Digest("e3069283".into()));
            let Ok(Reply::Digested(digest)) = made else { panic!("{made:?}") };
            assert_eq!(
                said(&adapter, &send_with(digest)),
                format!(
                    "POST https://blob.example{PATH}/parts?partNumber=2 (api)\ncontent-type: application/x-protobuf\n\
                     x-here-digest: {prefix}e3069283\n\n(the part)"
                )
            );
            assert!(!said(&adapter, &complete(session())).contains("x-here-digest"));
        }
        // One that the service does not take is not made.
        let other = Here { digest: Some(Algorithm::Crc64Nvme), ..here() };
        assert_eq!([here().rules().digests, other.rules().digests], [Digests::Never; 2]);
    }

    #[test]
    fn an_etag_is_handed_back_exactly_as_it_came() {
        let Ok(Reply::Sent(receipt)) = heard(&here(), &send(session()), "200\netag: W/\"a\"b\n\n") else { panic!() };
        assert_eq!(here().etag(&receipt), Some("W/\"a\"b"));
        assert_eq!(
            said(&here(), &complete(session())),
            format!(
                "PUT https://blob.example{PATH} (api)\n\n\
                 {{\"parts\":[{{\"etag\":\"\\\"etag-1\\\"\",\"number\":1}},{{\"etag\":\"etag 2\",\"number\":2}}]}}"
            )
        );
        let hidden = heard(&here(), &send(session()), "200\n\n").unwrap_err();
        assert_eq!(hidden.failure, Failure::Nonsense);
        assert!(hidden.words.contains("Access-Control-Expose-Headers: ETag"), "{}", hidden.words);
    }

    #[test]
    fn a_part_that_differs_from_its_digest_is_corrupt_and_one_without_is_rejected() {
        let text = format!("400\n\n{ERROR}");
        let failed = heard(&digested(), &send_with("CRC-32C:e3069283".into()), &text).unwrap_err();
        assert_eq!((&failed.failure, failed.status), (&Failure::Corrupt, Some(400)));
        assert!(failed.words.contains("Bad Request: the digest differs"), "{}", failed.words);
        assert_eq!(failure(&here(), &send(session()), &text), Failure::Rejected);
    }

    #[test]
    fn other_refusals_of_a_part_are_what_their_status_says() {
        for adapter in [here(), digested()] {
            for (text, expected) in [
                ("401\n\n", Failure::Refused),
                ("403\n\n", Failure::Refused),
                ("404\n\n", Failure::Gone),
                ("409\n\n", Failure::Rejected),
                ("413\n\n", Failure::Rejected),
                ("429\nretry-after: 9\n\n", Failure::Busy { after: Some(Duration::from_secs(9)) }),
                ("500\n\n", Failure::Server),
                ("503\n\n", Failure::Busy { after: None }),
                ("0\n\n", Failure::Nonsense),
            ] {
                assert_eq!(failure(&adapter, &send(session()), text), expected, "{text}");
            }
        }
    }
}

mod ending {
    use super::*;

    #[test]
    fn completing_answers_without_content_and_says_nothing_of_the_object() {
        for text in ["204\n\n", "200\n\n{\"odd\":1}"] {
            assert!(matches!(heard(&here(), &complete(session()), text), Ok(Reply::Closed(Json::Null))));
        }
    }

    #[test]
    fn a_completion_that_does_not_fit_what_is_stored_is_corrupt_where_numbers_are_used_once() {
        // The browser itself may have sent a part twice.
        let text = format!("400\n\n{ERROR}");
        assert_eq!(failure(&here(), &complete(session()), &text), Failure::Corrupt);
        assert_eq!(failure(&digested(), &complete(session()), &text), Failure::Corrupt);
        // Who sends parts again knows of it: another session would fare no better.
        assert_eq!(failure(&Here { resend: true, ..here() }, &complete(session()), &text), Failure::Rejected);
        for (text, expected) in [
            ("401\n\n", Failure::Refused),
            ("404\n\n", Failure::Gone),
            ("409\n\n", Failure::Rejected),
            ("500\n\n", Failure::Server),
        ] {
            assert_eq!(failure(&here(), &complete(session()), text), expected, "{text}");
        }
        for step in [open(), watch(), discard()] {
            assert_eq!(failure(&here(), &step, "400\n\n"), Failure::Rejected);
        }
    }

    #[test]
    fn the_status_is_asked_for_where_its_link_leads() {
        assert_eq!(said(&here(), &watch()), format!("GET https://blob.example{PATH} (api)\n\n"));
        assert_eq!(said(&here(), &discard()), format!("DELETE https://blob.example{PATH} (api)\n\n"));
    }

    #[test]
    fn an_upload_that_is_not_completed_has_no_status() {
        assert!(matches!(heard(&here(), &watch(), &format!("404\n\n{ERROR}")), Ok(Reply::Absent)));
        assert!(matches!(heard(&here(), &watch(), "200\n\n{\"status\":\"processing\"}"), Ok(Reply::Working)));
        let Ok(Reply::Closed(closing)) = heard(&here(), &watch(), "200\n\n{\"status\":\"completed\",\"x\":1}") else {
            panic!()
        };
        assert_eq!(closing, json(r#"{"status":"completed","x":1}"#));
        let failed = heard(&here(), &watch(), "200\n\n{\"status\":\"failed\"}").unwrap_err();
        assert_eq!((&failed.failure, failed.status), (&Failure::Failed, Some(200)));
        for odd in ["", "<html>", "{}", "[]", "7", r#"{"status":7}"#, r#"{"status":null}"#, r#"{"status":"done"}"#] {
            assert_eq!(failure(&here(), &watch(), &format!("200\n\n{odd}")), Failure::Nonsense, "{odd}");
        }
    }

    #[test]
    fn removing_answers_without_content() {
        assert!(matches!(heard(&here(), &discard(), "204\n\n"), Ok(Reply::Discarded)));
        assert_eq!(failure(&here(), &discard(), "404\n\n"), Failure::Gone);
    }

    #[test]
    fn an_app_gets_the_token_and_the_handle() {
        for (href, token) in [
            (PATH, "TOKEN"),
            ("/x/multiparts/T-1?a=b/c", "T-1"),
            ("/x/multiparts/T-1#d/e", "T-1"),
            ("/x/multiparts/T-1/", "T-1"),
            ("/x/multiparts/a%2Fb%3d%C3%A9", "a/b=\u{e9}"),
            ("/x/multiparts/a%zz%4", "a%zz%4"),
        ] {
            let session = session_of(&here(), &started(|_| href.to_owned()));
            let outcome = here().outcome(&session, &Json::Null);
            assert_eq!(
                (outcome.upload_id.as_str(), outcome.object_id.as_deref(), outcome.location),
                (token, Some("handle-1.bin"), None)
            );
        }
        assert_eq!(here().outcome(&Json::Null, &Json::Null).upload_id, "");
    }
}

mod leading_elsewhere {
    use super::*;

    /// Whether the app's headers go with each request of a session whose links lead there.
    fn has_headers(adapter: &Here, root: &str) -> bool {
        let session = session_of(adapter, &links(root));
        let said = every_step(&session).map(|step| said(adapter, &step).contains(" (api)\n"));
        assert!(said.iter().all(|api| *api == said[0]), "{said:?}");
        said[0]
    }

    #[test]
    fn headers_go_to_the_origin_of_the_base_and_to_those_that_are_named() {
        assert!(has_headers(&here(), ""));
        assert!(has_headers(&here(), "https://blob.example"));
        assert!(has_headers(&here(), "HTTPS://BLOB.example:443"));
        for root in [
            "http://blob.example",
            "https://blob.example:444",
            "https://other.example",
            "//other.example",
            "https://blob.example.evil.example",
            "https://blob.example@evil.example",
            "https://evil.example/https://blob.example",
        ] {
            assert!(!has_headers(&here(), root), "{root}");
        }
        let origins = vec![Origin::new("https://other.example")];
        let named = Here { origins, ..here() };
        assert!(has_headers(&named, "https://other.example"));
        assert!(has_headers(&named, "https://blob.example"));
        assert!(!has_headers(&named, "https://third.example"));
    }

    #[test]
    fn headers_go_nowhere_that_only_looks_like_the_base() {
        // Browsers take a backslash for a slash: the host is what stands before it.
        for root in [
            "https://evil.example\\\\@blob.example",
            "//evil.example\\\\@blob.example",
            "https://evil.example\\\\.blob.example",
        ] {
            assert!(!has_headers(&here(), root), "{root}");
        }
        assert!(has_headers(&here(), "https://blob.example\\\\@evil.example"));
    }

    #[test]
    fn headers_that_stayed_at_home_are_said_to_have() {
        let session = session_of(&here(), &links("https://other.example"));
        for step in every_step(&session) {
            for status in [401, 403] {
                let failed = heard(&here(), &step, &format!("{status}\n\n")).unwrap_err();
                assert_eq!(failed.failure, Failure::Refused);
                assert!(failed.words.contains("https://other.example; if that is the service's, name it in `origins`"));
            }
            if !matches!(step, Step::Watch { .. }) {
                assert!(!heard(&here(), &step, "404\n\n").unwrap_err().words.contains("`origins`"));
            }
        }
        assert!(!heard(&here(), &send(self::session()), "401\n\n").unwrap_err().words.contains("`origins`"));
    }
}

mod billing {
    use super::*;

    #[test]
    fn the_tag_goes_with_every_request() {
        let lines = |step: &Step<Json>| said(&billed(), step).lines().next().unwrap().to_owned();
        assert_eq!(
            lines(&open()),
            format!("POST {BASE}/layers/layer-1/data/handle-1.bin/multiparts?billingTag=tag1234 (api)")
        );
        let at = format!("https://blob.example{PATH}");
        let said = every_step(&session()).map(|step| lines(&step));
        assert_eq!(
            said,
            [
                format!("POST {at}/parts?partNumber=2&billingTag=tag1234 (api)"),
                format!("PUT {at}?billingTag=tag1234 (api)"),
                format!("GET {at}?billingTag=tag1234 (api)"),
                format!("DELETE {at}?billingTag=tag1234 (api)"),
            ]
        );
        let question = Question::Status { upload_id: "T".into(), page: 1 };
        assert!(billed().ask(&question).unwrap().url.ends_with("/multiparts/T?billingTag=tag1234"));
    }
}

mod ruling {
    use super::*;

    #[test]
    fn the_rules_are_the_services() {
        let rules = here().rules();
        assert_eq!((rules.numbers, rules.preparing), (Numbers::Once, Preparing::Nothing));
        assert_eq!((rules.watches, rules.discards, rules.completes), (true, true, true));
        assert_eq!((rules.inspects, rules.verifies, rules.settling), (false, false, None));
        assert_eq!(rules.api.unwrap().to_string(), "https://blob.example");
        assert_eq!(Here { resend: true, ..here() }.rules().numbers, Numbers::Reusable);
    }

    #[test]
    fn parts_are_at_least_five_mebibytes_and_a_blob_at_most_fifty_gigabytes() {
        let limits = here().rules().limits;
        assert_eq!(Plan::new(0, None, 6, &limits).unwrap().parts(), 1);
        assert!(Plan::new(1 << 30, Some(5 << 20), 6, &limits).is_ok());
        assert!(Plan::new(1 << 30, Some((5 << 20) - 1), 6, &limits).is_err());
        assert!(Plan::new(50_000_000_000, None, 6, &limits).is_ok());
        assert!(Plan::new(50_000_000_001, None, 6, &limits).is_err());
    }

    #[test]
    fn steps_that_the_service_has_not_got_are_refused() {
        let receipts = [(part(0), Json::Null)];
        for step in [
            Step::Prepare { session: session(), parts: vec![part(0)], digests: Vec::new(), attempt: 1 },
            Step::Settle { session: session(), receipts: receipts.into() },
            Step::Inspect { session: session(), page: None, remembered: std::rc::Rc::default() },
            Step::Verify { session: session() },
        ] {
            assert!(here().call(&step, &file()).unwrap_err().words.contains(step.role()));
        }
        let answer = Answer::Value { of: "create", value: Json::Null };
        assert_eq!(here().reply(&open(), &answer).unwrap_err().failure, Failure::Nonsense);
    }
}

mod asking {
    use super::*;

    fn status() -> Question {
        Question::Status { upload_id: "a/b=\u{e9}".into(), page: 1 }
    }

    fn known(text: &str) -> Result<Known, Failed> {
        talk::known(&here(), &status(), text)
    }

    #[test]
    fn the_status_of_a_token_is_asked_for_below_the_base() {
        assert_eq!(
            talk::written(&here().ask(&status()).unwrap()),
            format!("GET {BASE}/layers/layer-1/data/handle-1.bin/multiparts/a%2Fb%3D%C3%A9 (api)\n\n")
        );
        assert!(here().ask(&Question::Incomplete { page: 1 }).is_none());
    }

    #[test]
    fn a_status_has_no_parts_and_one_page() {
        for state in ["processing", "completed", "failed"] {
            let body = format!("{{\"status\":\"{state}\"}}");
            let known = known(&format!("200\n\n{body}")).unwrap();
            assert_eq!((known.state, known.items, known.more), (Some(state), Vec::new(), None));
            assert_eq!(known.response, json(&body));
        }
    }

    #[test]
    fn an_unknown_token_may_be_one_that_was_never_completed() {
        let failed = known(&format!("404\n\n{ERROR}")).unwrap_err();
        assert_eq!(failed.failure, Failure::Gone);
        assert!(failed.words.contains("only once it was completed"), "{}", failed.words);
        for (text, failure) in [
            ("401\n\n", Failure::Refused),
            ("500\n\n", Failure::Server),
            ("200\n\n", Failure::Nonsense),
            ("200\n\n{\"status\":\"odd\"}", Failure::Nonsense),
            ("200\n\n[]", Failure::Nonsense),
        ] {
            assert_eq!(known(text).unwrap_err().failure, failure, "{text}");
        }
    }
}

#[test]
fn links_with_a_query_are_not_written_down() {
    assert_eq!(here().remembered(&session()), Some(session()));
    let under = |data_handle: &str, is_named| Here { data_handle: data_handle.into(), is_named, ..here() }.place();
    assert_ne!(under("a", true), under("b", true), "what was begun as one blob would be completed instead of another");
    assert_eq!(under("a", false), under("b", false), "a function may make another name each time");
    let keyed = session_of(&here(), &started(|link| format!("https://blob.example/{link}?key=secret")));
    assert_eq!(here().remembered(&keyed), None);
}
