//! What the adapter of TwelveLabs says and hears, letter by letter.
#![cfg(not(target_arch = "wasm32"))]

mod talk;

use std::time::Duration;
use talk::json;
use upslice::core::{
    Carrier, Expiry, Failed, Failure, PartRange, Plan, Preparing, Reply, Settling, Sizes, Step, StoredPart, Ticket,
};
use upslice::protocol::{Adapter, Answer, File, Json, Known, Question, TwelveLabs, Veza};

fn twelvelabs() -> TwelveLabs {
    TwelveLabs {
        base_url: "https://api.example/v1.3".into(),
        kind: "video",
        enable_hls: false,
        enable_thumbnail: false,
        user_metadata: None,
    }
}

fn file() -> File {
    File { name: "my-video.mp4".into(), kind: "video/mp4".into(), size: 25, metadata: Vec::new() }
}

const fn open() -> Step<Json> {
    Step::Open { parts: 1, part_size: 8 << 20 }
}

/// As the answer to creating it makes it, with headers for every chunk.
fn session() -> Json {
    json(r#"{"uploadId":"u/1","assetId":"a1","headers":{"x-amz-acl":"private"}}"#)
}

const fn part(index: u32) -> PartRange {
    let start = index as u64 * 10;
    PartRange { index, start, end: if start + 10 > 25 { 25 } else { start + 10 } }
}

fn sign(indices: &[u32]) -> Step<Json> {
    Step::Prepare {
        session: session(),
        parts: indices.iter().map(|index| part(*index)).collect(),
        digests: Vec::new(),
        attempt: 1,
    }
}

fn send(ticket: &Ticket<Json>) -> Step<Json> {
    Step::Send {
        session: session(),
        part: part(0),
        ticket: Some(ticket.keep.clone()),
        digest: None,
        carrier: Carrier::Fetch,
    }
}

fn report(receipts: &[(u32, &str)]) -> Step<Json> {
    let receipt = |(index, etag): &(u32, &str)| (part(*index), Json::object([("etag", (*etag).into())]));
    Step::Settle { session: session(), receipts: receipts.iter().map(receipt).collect() }
}

fn list(page: Option<u64>) -> Step<Json> {
    let page = page.map(|page| Json::object([("page", page.into())]));
    Step::Inspect { session: session(), page, remembered: std::rc::Rc::default() }
}

fn watch() -> Step<Json> {
    Step::Watch { session: session() }
}

fn said(step: &Step<Json>) -> String {
    talk::said(&twelvelabs(), step, &file())
}

fn heard(step: &Step<Json>, text: &str) -> Result<Reply<Json>, Failed> {
    talk::heard(&twelvelabs(), step, &file(), text)
}

type Tickets = Vec<(u32, Ticket<Json>)>;

fn created(body: &str) -> (Json, Tickets, Option<u64>) {
    match heard(&open(), &format!("201\n\n{body}")) {
        Ok(Reply::Opened { session, tickets, part_size, .. }) => (session, tickets, part_size),
        other => panic!("{other:?}"),
    }
}

fn listed(page: Option<u64>, body: &str) -> (Vec<StoredPart<Json>>, Option<Json>) {
    match heard(&list(page), &format!("200\n\n{body}")) {
        Ok(Reply::Listed { parts, next }) => (parts, next),
        other => panic!("{other:?}"),
    }
}

const CREATED: &str = r#"{"upload_id":"u/1","asset_id":"a1",
 "upload_urls":[{"chunk_index":1,"url":"https://s3.example/k?partNumber=1&sig=secret","expires_at":"2026-11-20T14:07:00Z"}],
 "upload_headers":{"x-amz-acl":"private"},
 "chunk_size":10,"total_chunks":3,"expires_at":"2026-11-21T13:37:00Z"}"#;

mod creating {
    use super::*;

    #[test]
    fn what_the_service_does_by_itself_is_not_said() {
        assert_eq!(
            said(&open()),
            "POST https://api.example/v1.3/assets/multipart-uploads (api)\n\n\
             {\"filename\":\"my-video.mp4\",\"type\":\"video\",\"total_size\":25}"
        );
    }

    #[test]
    fn everything_that_can_be_asked_for_is_said() {
        let metadata = json(r#"{"a":1,"b":["x"]}"#);
        let adapter = TwelveLabs {
            base_url: "https://api.example/v1.3/".into(),
            kind: "audio",
            enable_hls: true,
            enable_thumbnail: true,
            user_metadata: Some(metadata),
        };
        assert_eq!(
            talk::said(&adapter, &open(), &file()),
            "POST https://api.example/v1.3/assets/multipart-uploads (api)\n\n\
             {\"filename\":\"my-video.mp4\",\"type\":\"audio\",\"total_size\":25,\"enable_hls\":true,\"enable_thumbnail\":true,\
             \"user_metadata\":{\"a\":1,\"b\":[\"x\"]}}"
        );
    }

    #[test]
    fn the_session_comes_with_its_first_urls_and_the_size_of_its_chunks() {
        let (opened, tickets, part_size) = created(CREATED);
        assert_eq!((opened, part_size), (session(), Some(10)));
        let [(0, ticket)] = tickets.as_slice() else { panic!("{tickets:?}") };
        assert_eq!(ticket.origin.to_string(), "https://s3.example");
        assert_eq!(ticket.expiry, Some(Expiry { signed_at: None, lifetime: Duration::from_secs(1800) }));
        let outcome = twelvelabs().outcome(&session(), &Json::Null);
        assert_eq!(
            (outcome.upload_id.as_str(), outcome.object_id.as_deref(), outcome.location),
            ("u/1", Some("a1"), None)
        );
    }

    #[test]
    fn a_session_may_come_without_anything_else() {
        for body in [
            r#"{"upload_id":"u","asset_id":"a","chunk_size":10}"#,
            r#"{"upload_id":"u","asset_id":"a","chunk_size":"10","total_chunks":"3"}"#,
            r#"{"upload_id":"u","asset_id":"a","chunk_size":10,"upload_urls":null,"upload_headers":null,"total_chunks":null}"#,
            r#"{"upload_id":"u","asset_id":"a","chunk_size":10,"upload_urls":{},"upload_headers":[],"expires_at":7}"#,
            r#"{"upload_id":"u","asset_id":"a","chunk_size":10,"upload_urls":[null,7,{},{"chunk_index":1},
              {"chunk_index":0,"url":"https://s3/x"},{"chunk_index":-1,"url":"https://s3/x"},{"chunk_index":1.5,"url":"https://s3/x"},
              {"chunk_index":99999999999,"url":"https://s3/x"},{"url":"https://s3/x"},{"chunk_index":1,"url":7},{"chunk_index":1,"url":""}]}"#,
        ] {
            let (_, tickets, part_size) = created(body);
            assert_eq!((tickets.len(), part_size), (0, Some(10)), "{body}");
        }
    }

    #[test]
    fn a_session_without_its_names_or_the_size_of_its_chunks_is_none() {
        for body in [
            "{}",
            r#"{"asset_id":"a","chunk_size":10}"#,
            r#"{"upload_id":"","asset_id":"a","chunk_size":10}"#,
            r#"{"upload_id":7,"asset_id":"a","chunk_size":10}"#,
            // A browser would take it for a way through the address.
            r#"{"upload_id":"..","asset_id":"a","chunk_size":10}"#,
            r#"{"upload_id":"u","chunk_size":10}"#,
            r#"{"upload_id":"u","asset_id":"a"}"#,
            r#"{"upload_id":"u","asset_id":"a","chunk_size":0}"#,
            r#"{"upload_id":"u","asset_id":"a","chunk_size":-10}"#,
            r#"{"upload_id":"u","asset_id":"a","chunk_size":[10]}"#,
            r#"{"upload_id":"u","asset_id":"a","chunk_size":2.5}"#,
        ] {
            let failed = heard(&open(), &format!("201\n\n{body}")).expect_err(body);
            assert_eq!(failed.failure, Failure::Nonsense, "{body}");
            assert!(failed.words.contains("`chunk_size`"), "{}", failed.words);
        }
    }

    #[test]
    fn a_number_of_chunks_that_does_not_fit_is_not_believed() {
        for total in ["0", "2", "4", "\"4\"", "30"] {
            let body = format!(r#"201{{"upload_id":"u","asset_id":"a","chunk_size":10,"total_chunks":{total}}}"#);
            let failed = heard(&open(), &body.replacen('{', "\n\n{", 1)).unwrap_err();
            assert_eq!(failed.failure, Failure::Nonsense, "{total}");
            assert!(failed.words.contains("`total_chunks`"), "{}", failed.words);
        }
    }

    #[test]
    fn a_proxy_that_answers_with_a_page_names_the_option() {
        for body in ["", "ok", "<!doctype html><title>Sign in</title>", "[]", "7", "null", "\"u\""] {
            for step in [open(), sign(&[0]), report(&[(0, "e")]), list(None), watch()] {
                let failed = heard(&step, &format!("200\n\n{body}")).expect_err(body);
                assert_eq!(failed.failure, Failure::Nonsense, "{body}");
                assert!(failed.words.contains("`baseUrl`"), "{}", failed.words);
            }
        }
    }

    #[test]
    fn an_address_of_a_chunk_that_is_none_is_told_without_its_signature() {
        for url in ["/k?sig=secret", "ftp://s3.example/k?sig=secret", "s3.example/k?sig=secret"] {
            let body = CREATED.replace("https://s3.example/k?partNumber=1&sig=secret", url);
            let failed = heard(&open(), &format!("201\n\n{body}")).unwrap_err();
            assert_eq!(failed.failure, Failure::Nonsense);
            assert!(!failed.words.contains("secret"), "{}", failed.words);
        }
    }
}

mod chunks {
    use super::*;

    #[test]
    fn a_chunk_is_put_with_the_sessions_headers_and_nothing_of_the_apps() {
        let (_, tickets, _) = created(CREATED);
        assert_eq!(
            said(&send(&tickets[0].1)),
            "PUT https://s3.example/k?partNumber=1&sig=secret (store)\n\
             x-amz-acl: private\ncontent-type: application/octet-stream\n\n(the part)"
        );
    }

    #[test]
    fn a_content_type_that_the_service_asks_for_is_the_one_that_is_sent() {
        for name in ["content-type", "Content-Type", "CONTENT-TYPE"] {
            let body = CREATED.replace("x-amz-acl", name).replace("private", "video/mp4");
            let (_, tickets, _) = created(&body);
            assert_eq!(
                said(&send(&tickets[0].1)),
                format!("PUT https://s3.example/k?partNumber=1&sig=secret (store)\n{name}: video/mp4\n\n(the part)")
            );
        }
    }

    #[test]
    fn headers_that_are_no_text_are_left_out() {
        for headers in ["null", "7", "\"x\"", "[]", r#"{"a":7,"b":null,"c":{"d":"e"}}"#] {
            let (_, tickets, _) = created(&CREATED.replace(r#"{"x-amz-acl":"private"}"#, headers));
            assert_eq!(
                said(&send(&tickets[0].1)).lines().nth(1),
                Some("content-type: application/octet-stream"),
                "{headers}"
            );
        }
    }

    #[test]
    fn the_etag_is_kept_as_it_came_and_wanted() {
        let (_, tickets, _) = created(CREATED);
        let Ok(Reply::Sent(receipt)) = heard(&send(&tickets[0].1), "200\netag: \"d41d\"\n\n") else { panic!() };
        assert_eq!(twelvelabs().etag(&receipt), Some("\"d41d\""));
        for text in ["200\n\n", "200\netag: \n\n"] {
            let failed = heard(&send(&tickets[0].1), text).unwrap_err();
            assert_eq!(failed.failure, Failure::Nonsense);
            assert!(failed.words.contains("Access-Control-Expose-Headers: ETag"), "{}", failed.words);
            assert!(!failed.words.contains("secret"), "{}", failed.words);
        }
    }

    #[test]
    fn what_the_store_refuses_is_told_in_its_words() {
        let (_, tickets, _) = created(CREATED);
        let xml = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
        let failed = heard(&send(&tickets[0].1), &format!("403\n\n{xml}")).unwrap_err();
        assert_eq!((failed.failure, failed.status), (Failure::Refused, Some(403)));
        assert_eq!(failed.words, "PUT https://s3.example/k answered 403 (AccessDenied: Request has expired)");
    }

    #[test]
    fn more_urls_are_asked_for_by_a_range() {
        let asked = |indices: &[u32]| {
            let text = said(&sign(indices));
            let (line, body) = text.split_once("\n\n").unwrap();
            assert_eq!(line, "POST https://api.example/v1.3/assets/multipart-uploads/u%2F1/presigned-urls (api)");
            body.to_owned()
        };
        assert_eq!(asked(&[20, 21, 22]), r#"{"start":21,"count":3}"#);
        assert_eq!(asked(&[7]), r#"{"start":8,"count":1}"#);
        // As the vendor's own clients do: from the first that is missing to the last.
        assert_eq!(asked(&[4, 9]), r#"{"start":5,"count":6}"#);
        // Fifty at most: what is beyond is asked for next.
        assert_eq!(asked(&[0, 49]), r#"{"start":1,"count":50}"#);
        assert_eq!(asked(&[3, 9_000]), r#"{"start":4,"count":50}"#);
    }

    #[test]
    fn urls_that_come_later_carry_the_sessions_headers_too() {
        let body = r#"{"upload_id":"u/1","start_index":2,"count":2,"upload_urls":[
            {"chunk_index":2,"url":"https://s3.example/k?partNumber=2","expires_at":"2026-11-20T14:37:00Z"},
            {"chunk_index":3,"url":"https://s3.example/k?partNumber=3","expires_at":"2026-11-20T14:37:00Z"}],
            "generated_at":"2026-11-20T13:37:00Z","expires_at":"2026-11-20T14:37:00Z"}"#;
        let Ok(Reply::Prepared(tickets)) = heard(&sign(&[1, 2]), &format!("200\n\n{body}")) else { panic!() };
        assert_eq!(tickets.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [1, 2]);
        assert!(said(&send(&tickets[0].1)).contains("x-amz-acl: private\n"));
    }

    #[test]
    fn a_url_lives_as_long_as_it_says_itself_or_the_service_says_and_an_hour_at_most() {
        let lifetime = |url: &str, expires_at: &str| {
            let body = format!(r#"{{"upload_urls":[{{"chunk_index":1,"url":"{url}","expires_at":{expires_at}}}]}}"#);
            let Ok(Reply::Prepared(tickets)) = heard(&sign(&[0]), &format!("200\n\n{body}")) else { panic!() };
            tickets[0].1.expiry.unwrap().lifetime.as_secs()
        };
        let url = "https://s3.example/k";
        assert_eq!(lifetime(url, "\"2026-11-20T13:47:00Z\""), 600);
        assert_eq!(lifetime(url, "\"2026-11-20T13:47:00.123456Z\""), 600);
        // The clocks may differ: what is said to be over already may live for as long as URLs do.
        assert_eq!(lifetime(url, "\"2026-11-20T12:00:00Z\""), 3600);
        assert_eq!(lifetime(url, "\"2026-11-20T13:37:00Z\""), 3600);
        assert_eq!(lifetime(url, "\"2026-12-24T00:00:00Z\""), 3600);
        for odd in ["null", "7", "\"soon\"", "{}", "\"\""] {
            assert_eq!(lifetime(url, odd), 3600, "{odd}");
        }
        assert_eq!(lifetime("https://s3.example/k?X-Amz-Expires=90", "\"2026-11-20T13:47:00Z\""), 90);
    }
}

mod reporting {
    use super::*;

    #[test]
    fn a_report_proves_each_chunk_without_quotes_and_says_how_large_it_is() {
        assert_eq!(
            said(&report(&[(2, "\"8f14\""), (0, "d41d"), (1, "\"a-2\"")])),
            "POST https://api.example/v1.3/assets/multipart-uploads/u%2F1 (api)\n\n\
             {\"completed_chunks\":[\
             {\"chunk_index\":3,\"proof\":\"8f14\",\"proof_type\":\"etag\",\"chunk_size\":5},\
             {\"chunk_index\":1,\"proof\":\"d41d\",\"proof_type\":\"etag\",\"chunk_size\":10},\
             {\"chunk_index\":2,\"proof\":\"a-2\",\"proof_type\":\"etag\",\"chunk_size\":10}]}"
        );
    }

    #[test]
    fn the_last_report_brings_the_address_of_the_asset() {
        let noted = r#"{"asset_id":"a1","processed_chunks":2,"duplicate_chunks":0,"total_completed":2}"#;
        assert!(matches!(heard(&report(&[(0, "e")]), &format!("200\n\n{noted}")), Ok(Reply::Settled(None))));
        let last = r#"{"url":"https://cdn.example/a1","asset_id":"a1","processed_chunks":0,"duplicate_chunks":1,"total_completed":3}"#;
        let Ok(Reply::Settled(Some(known))) = heard(&report(&[(2, "e")]), &format!("200\n\n{last}")) else { panic!() };
        let outcome = twelvelabs().outcome(&known, &Json::Null);
        assert_eq!(outcome.location.as_deref(), Some("https://cdn.example/a1"));
        assert_eq!((outcome.upload_id.as_str(), outcome.object_id.as_deref()), ("u/1", Some("a1")));
        assert_eq!(known.get("headers"), session().get("headers"));
        // Said again, it is said once.
        let again = Step::Settle { session: known, receipts: [(part(2), Json::Null)].into() };
        let Ok(Reply::Settled(Some(known))) = heard(&again, &format!("200\n\n{last}")) else { panic!() };
        assert_eq!(known.fields().unwrap().len(), 4);
        for odd in ["{}", r#"{"url":null}"#, r#"{"url":7}"#, r#"{"url":""}"#] {
            assert!(matches!(heard(&report(&[(0, "e")]), &format!("200\n\n{odd}")), Ok(Reply::Settled(None))), "{odd}");
        }
    }
}

mod listing {
    use super::*;

    #[test]
    fn pages_are_asked_for_by_number_with_as_many_entries_as_there_may_be() {
        let at = "GET https://api.example/v1.3/assets/multipart-uploads/u%2F1?page";
        assert_eq!(said(&list(None)), format!("{at}=1&page_limit=50 (api)\n\n"));
        assert_eq!(said(&list(Some(7))), format!("{at}=7&page_limit=50 (api)\n\n"));
        assert_eq!(said(&watch()), format!("{at}=1&page_limit=50 (api)\n\n"));
    }

    #[test]
    fn completed_chunks_are_there_and_nothing_is_of_failed_ones() {
        let body = r#"{"upload_id":"u/1","status":"active","uploaded_chunks":[
            {"index":1,"status":"completed","uploaded_at":"2026-11-20T13:37:00Z","updated_at":"2026-11-20T13:37:00Z"},
            {"index":2,"status":"pending","uploaded_at":null},{"index":3,"status":"failed","error":"no"},
            {"index":"4","status":"completed"},{"index":0,"status":"completed"},{"status":"completed"},{"index":5},null,7],
            "chunks_completed":2,"page_info":{"limit_per_page":50,"page":1,"total_page":1,"total_results":9}}"#;
        let (parts, next) = listed(None, body);
        assert_eq!(
            parts.iter().map(|part| (part.index, part.size)).collect::<Vec<_>>(),
            [(0, None), (2, Some(0)), (3, None)]
        );
        assert_eq!(next.unwrap().whole("page"), Some(2));
    }

    #[test]
    fn pages_end_with_an_empty_one_whatever_else_is_said_of_them() {
        let full =
            r#"{"status":"active","uploaded_chunks":[{"index":51,"status":"pending"}],"page_info":{"total_page":1}}"#;
        assert_eq!(listed(Some(2), full).1.unwrap().whole("page"), Some(3));
        for empty in [
            r#"{"status":"active","uploaded_chunks":[],"page_info":{"total_page":9}}"#,
            r#"{"status":"active"}"#,
            r#"{"status":"active","uploaded_chunks":null}"#,
            r#"{"uploaded_chunks":{}}"#,
            "{}",
        ] {
            let (parts, next) = listed(Some(2), empty);
            assert!(parts.is_empty() && next.is_none(), "{empty}");
        }
    }

    /// What is asked for after these pages, one after the other; the first names no page.
    fn next_after(pages: &[&[u64]]) -> Option<Json> {
        let entry = |index: &u64| {
            format!(r#"{{"index":{index},"status":"completed","updated_at":"2026-11-20T13:37:{index:02}Z"}}"#)
        };
        let next = |page: Option<Json>, said: &&[u64]| {
            let step = Step::Inspect { session: session(), page, remembered: std::rc::Rc::default() };
            let entries: Vec<_> = said.iter().map(entry).collect();
            let body = format!(r#"{{"status":"active","uploaded_chunks":[{}]}}"#, entries.join(","));
            match heard(&step, &format!("200\n\n{body}")) {
                Ok(Reply::Listed { next, .. }) => next,
                other => panic!("{other:?}"),
            }
        };
        pages.iter().fold(None, next)
    }

    #[test]
    fn pages_end_with_one_that_brings_nothing_new_in_whatever_order() {
        for pages in [
            &[&[1, 2][..], &[1, 2]][..],
            &[&[1, 2], &[2, 1]],
            &[&[1, 2], &[3, 4], &[4, 1, 3, 2]],
            // Two answers that take turns would be asked for ever.
            &[&[1, 2], &[3, 4], &[1, 2]],
            &[&[1, 2], &[2]],
            // Chunks that no upload has are nothing new.
            &[&[1], &[10_001, 4_294_967_297, 0]],
        ] {
            assert_eq!(next_after(pages), None, "{pages:?}");
            let all_but_the_last = next_after(&pages[..pages.len() - 1]).expect("there is another page");
            assert_eq!(all_but_the_last.whole("page"), Some(pages.len() as u64));
        }
        // One that was there already, and one that was not: pages may overlap.
        let third = next_after(&[&[1, 2], &[2, 3]]).unwrap();
        assert_eq!(third.whole("page"), Some(3));
        assert_eq!(next_after(&[&[1, 2], &[2, 3], &[10_000]]).unwrap().whole("page"), Some(4));
    }

    #[test]
    fn what_is_remembered_of_pages_is_no_larger_than_they_were() {
        let many = vec![7; 100_000];
        let next = next_after(&[&many]).unwrap();
        assert!(format!("{next:?}").len() < 200, "{next:?}");
    }

    #[test]
    fn a_session_that_is_over_is_not_taken_up() {
        for text in [
            "404\n\n{\"code\":\"resource_not_exist\",\"message\":\"no\"}",
            "404\n\n",
            "200\n\n{\"status\":\"expired\",\"uploaded_chunks\":[{\"index\":1,\"status\":\"completed\"}]}",
            "200\n\n{\"status\":\"failed\"}",
        ] {
            assert!(matches!(heard(&list(None), text), Ok(Reply::Unknown)), "{text}");
        }
        let completed = "200\n\n{\"status\":\"completed\",\"uploaded_chunks\":[]}";
        assert!(matches!(heard(&list(None), completed), Ok(Reply::Closed(_))));
    }
}

mod watching {
    use super::*;

    #[test]
    fn an_upload_is_over_when_its_status_says_so() {
        let body = r#"{"status":"completed","chunks_completed":3}"#;
        let Ok(Reply::Closed(closing)) = heard(&watch(), &format!("200\n\n{body}")) else { panic!() };
        assert_eq!(closing, json(body));
        assert_eq!(twelvelabs().outcome(&session(), &closing).response, None);
        assert!(matches!(heard(&watch(), "200\n\n{\"status\":\"active\"}"), Ok(Reply::Working)));
    }

    #[test]
    fn an_upload_that_is_complete_with_fewer_bytes_is_not_the_file() {
        let whole = r#"{"status":"completed","total_size":25,"uploaded_size":25}"#;
        assert!(matches!(heard(&watch(), &format!("200\n\n{whole}")), Ok(Reply::Closed(_))));
        let failed = heard(&watch(), &format!("200\n\n{}", whole.replace("e\":25}", "e\":20}"))).unwrap_err();
        assert_eq!(failed.failure, Failure::Corrupt);
        assert!(failed.words.contains("20 of 25 bytes"), "{}", failed.words);
    }

    #[test]
    fn one_that_is_taken_up_and_complete_with_fewer_bytes_is_not_the_file_either() {
        let short = r#"{"status":"completed","total_size":25,"uploaded_size":"20","uploaded_chunks":[]}"#;
        let failed = heard(&list(None), &format!("200\n\n{short}")).unwrap_err();
        assert_eq!(failed.failure, Failure::Corrupt);
        assert!(failed.words.contains("20 of 25 bytes"), "{}", failed.words);
    }

    #[test]
    fn an_upload_that_failed_or_expired_says_which() {
        for (status, word) in [("failed", "has failed"), ("expired", "24 hours")] {
            let failed = heard(&watch(), &format!("200\n\n{{\"status\":\"{status}\"}}")).unwrap_err();
            assert_eq!((&failed.failure, failed.status), (&Failure::Failed, Some(200)));
            assert!(failed.words.contains(word), "{}", failed.words);
        }
        for odd in ["{}", r#"{"status":null}"#, r#"{"status":7}"#, r#"{"status":"ready"}"#] {
            assert_eq!(heard(&watch(), &format!("200\n\n{odd}")).unwrap_err().failure, Failure::Nonsense, "{odd}");
        }
    }
}

mod refusing {
    use super::*;

    #[test]
    fn a_refusal_is_told_in_the_services_own_words() {
        let body =
            r#"{"code":"parameter_invalid","message":"The type parameter is invalid.","docs_url":"https://docs"}"#;
        for step in [open(), sign(&[0]), report(&[(0, "e")]), list(None), watch()] {
            for (status, failure) in [
                (400, Failure::Rejected),
                (401, Failure::Refused),
                (403, Failure::Refused),
                (409, Failure::Rejected),
                (500, Failure::Server),
            ] {
                let failed = heard(&step, &format!("{status}\n\n{body}")).unwrap_err();
                assert_eq!((&failed.failure, failed.status), (&failure, Some(status)), "{}", step.role());
                assert!(failed.words.contains("The type parameter is invalid."), "{}", failed.words);
            }
        }
        let failed = heard(&watch(), "404\n\n{\"code\":\"resource_not_exist\",\"message\":\"no\"}").unwrap_err();
        assert_eq!(failed.failure, Failure::Gone);
    }

    #[test]
    fn patience_that_is_asked_for_is_read() {
        let failed = heard(&open(), "429\nretry-after: 3\n\n{\"code\":\"too_many_requests\",\"message\":\"later\"}");
        assert_eq!(failed.unwrap_err().failure, Failure::Busy { after: Some(Duration::from_secs(3)) });
    }

    #[test]
    fn steps_that_the_service_has_not_got_are_refused() {
        let receipts = [(part(0), Json::Null)];
        for step in [
            Step::Close { session: session(), receipts: receipts.into() },
            Step::Verify { session: session() },
            Step::Discard { session: session() },
        ] {
            let failed = twelvelabs().call(&step, &file()).unwrap_err();
            assert!(failed.words.contains(step.role()), "{}", failed.words);
        }
    }

    #[test]
    fn a_value_of_a_function_is_no_answer() {
        let answer = Answer::Value { of: "create", value: json(CREATED) };
        assert_eq!(twelvelabs().reply(&open(), &answer).unwrap_err().failure, Failure::Nonsense);
    }
}

mod ruling {
    use super::*;

    #[test]
    fn the_rules_are_the_services() {
        let rules = twelvelabs().rules();
        assert_eq!((rules.preparing, rules.sizes), (Preparing::Tickets { batch: 50 }, Sizes::Theirs));
        assert_eq!(rules.settling, Some(Settling { batch: 10, within: Duration::from_secs(2) }));
        assert_eq!((rules.completes, rules.watches, rules.inspects, rules.discards), (false, true, true, false));
        assert_eq!(rules.api.unwrap().to_string(), "https://api.example");
    }

    #[test]
    fn what_is_too_large_or_empty_is_refused_before_it_begins() {
        let limits = twelvelabs().rules().limits;
        assert!(Plan::new(10 << 30, None, 6, &limits).is_ok());
        assert!(Plan::new((10 << 30) + 1, None, 6, &limits).is_err());
        assert!(Plan::new(0, None, 6, &limits).unwrap_err().to_string().contains("0 bytes"));
        assert!(Plan::new(1, None, 6, &limits).is_ok());
        let limits = TwelveLabs { kind: "image", ..twelvelabs() }.rules().limits;
        assert!(Plan::new(32 << 20, None, 6, &limits).is_ok());
        assert!(Plan::new((32 << 20) + 1, None, 6, &limits).is_err());
    }
}

mod asking {
    use super::*;

    fn asked(question: &Question) -> String {
        talk::written(&twelvelabs().ask(question).unwrap())
    }

    fn known(question: &Question, text: &str) -> Result<Known, Failed> {
        talk::known(&twelvelabs(), question, text)
    }

    const UNFINISHED: Question = Question::Incomplete { page: 2 };

    fn status() -> Question {
        Question::Status { upload_id: "u/1?".into(), page: 3 }
    }

    #[test]
    fn questions_go_where_the_vendors_clients_ask_them() {
        let at = "GET https://api.example/v1.3/assets/multipart-uploads";
        assert_eq!(asked(&UNFINISHED), format!("{at}?page=2&page_limit=50 (api)\n\n"));
        assert_eq!(asked(&status()), format!("{at}/u%2F1%3F?page=3&page_limit=50 (api)\n\n"));
    }

    #[test]
    fn unfinished_sessions_are_told_in_the_packages_words() {
        let body = r#"{"data":[{"upload_id":"u","status":"active","total_size":104857600,"chunk_size":5242880,"total_chunks":20,
            "created_at":"2026-11-20T13:37:00Z","expires_at":"2026-11-21T13:37:00Z"},{"upload_id":"v"},{"total_size":7},null,"x"],
            "page_info":{"page":2}}"#;
        let known = known(&UNFINISHED, &format!("200\n\n{body}")).unwrap();
        let told = json(
            r#"[{"uploadId":"u","size":104857600,"partSize":5242880,"createdAt":"2026-11-20T13:37:00Z",
                "expiresAt":"2026-11-21T13:37:00Z"},{"uploadId":"v"}]"#,
        );
        assert_eq!((Json::List(known.items), known.state), (told, None));
        assert_eq!(known.more, Some(json(r#"["u","v"]"#)));
        for empty in [r#"{"data":[]}"#, r#"{"data":null,"status":"active"}"#, "{}"] {
            let known = super::asking::known(&UNFINISHED, &format!("200\n\n{empty}")).unwrap();
            assert!(known.items.is_empty() && known.more.is_none() && known.state.is_none(), "{empty}");
        }
    }

    #[test]
    fn what_is_said_of_a_session_otherwise_is_told_as_the_types_promise() {
        let body = r#"{"data":[{"upload_id":"u","total_size":"25","chunk_size":"10","created_at":null,"expires_at":""},
            {"upload_id":"v","total_size":null,"chunk_size":2.5,"created_at":7,"expires_at":{}}]}"#;
        let known = known(&UNFINISHED, &format!("200\n\n{body}")).unwrap();
        let told = json(r#"[{"uploadId":"u","size":25,"partSize":10},{"uploadId":"v"}]"#);
        assert_eq!(Json::List(known.items), told);
    }

    #[test]
    fn a_status_is_told_with_the_chunks_that_are_there() {
        for state in ["active", "completed", "failed", "expired"] {
            let body = format!(
                r#"{{"status":"{state}","uploaded_chunks":[{{"index":1,"status":"completed"}},{{"index":2,"status":"pending"}}]}}"#
            );
            let known = known(&status(), &format!("200\n\n{body}")).unwrap();
            assert_eq!((known.state, known.more), (Some(state), Some(json("[1,2]"))));
            assert_eq!((Json::List(known.items), known.response), (json(r#"[{"number":1}]"#), json(&body)));
        }
        // A page ends them that is empty, or names nobody.
        for last in ["[]", "null", "{}", "[null,7,{\"status\":\"completed\"}]"] {
            let last = format!("200\n\n{{\"status\":\"active\",\"uploaded_chunks\":{last}}}");
            assert!(known(&status(), &last).unwrap().more.is_none(), "{last}");
        }
    }

    #[test]
    fn what_is_no_answer_to_a_question_is_told() {
        for (text, failure) in [
            ("200\n\n{}", Failure::Nonsense),
            ("200\n\n{\"status\":\"odd\"}", Failure::Nonsense),
            ("200\n\n<html>", Failure::Nonsense),
            ("401\n\n{\"code\":\"api_key_invalid\",\"message\":\"no\"}", Failure::Refused),
            ("404\n\n{\"code\":\"resource_not_exist\",\"message\":\"no\"}", Failure::Gone),
            ("503\n\n", Failure::Busy { after: None }),
        ] {
            assert_eq!(known(&status(), text).unwrap_err().failure, failure, "{text}");
        }
    }

    #[test]
    fn a_service_that_cannot_be_asked_is_not() {
        let veza = Veza { base_url: "https://t.example".into(), provider_id: "p".into(), data_source_id: "d".into() };
        for question in [UNFINISHED, status()] {
            assert!(veza.ask(&question).is_none());
            let request = twelvelabs().ask(&question).unwrap();
            let failed = veza.known(&question, &request, &talk::response("200\n\n{}")).unwrap_err();
            assert!(failed.words.contains(question.role()), "{}", failed.words);
        }
    }
}

#[test]
fn what_is_written_down_of_a_session_has_no_headers_for_the_storage() {
    let Json::Map(mut fields) = session() else { panic!() };
    fields.retain(|(name, _)| name != "headers");
    let headers = Json::object([("x-upload-token", "secret".into())]);
    let told = Json::Map(fields.iter().cloned().chain([("headers".to_owned(), headers)]).collect());
    let written = twelvelabs().remembered(&told).unwrap();
    assert_eq!(written, Json::Map(fields));
    assert_eq!(twelvelabs().recalled(&written), Some(written.clone()));
    assert_eq!(twelvelabs().recalled(&Json::from("nonsense")), None);
}
