//! What the adapter of subworkflow.ai says and hears, letter by letter.
#![cfg(not(target_arch = "wasm32"))]

mod talk;

use std::time::Duration;
use talk::json;
use upslice::core::{Carrier, Failed, Failure, PartRange, Plan, Reply, Step};
use upslice::protocol::{Adapter, File, Json, Subworkflow};

fn subworkflow() -> Subworkflow {
    Subworkflow { base_url: "https://api.example/v1/".into(), job_type: "extract", expires_in_days: None }
}

fn file(name: &str) -> File {
    File { name: name.into(), kind: "application/pdf".into(), size: 7, metadata: Vec::new() }
}

const fn open() -> Step<Json> {
    Step::Open { parts: 2, part_size: 5 }
}

fn session() -> Json {
    json(r#"{"key":"tmp_x"}"#)
}

const fn part(index: u32) -> PartRange {
    PartRange { index, start: index as u64 * 5, end: index as u64 * 5 + 5 }
}

fn append() -> Step<Json> {
    Step::Send { session: session(), part: part(1), ticket: None, digest: None, carrier: Carrier::Fetch }
}

fn end() -> Step<Json> {
    let receipts = [0, 1].map(|index| (part(index), json(&format!(r#"{{"etag":"e\"{index}"}}"#))));
    Step::Close { session: session(), receipts: receipts.to_vec().into() }
}

fn said(step: &Step<Json>) -> String {
    talk::said(&subworkflow(), step, &file("report.final.pdf"))
}

fn heard(step: &Step<Json>, text: &str) -> Result<Reply<Json>, Failed> {
    talk::heard(&subworkflow(), step, &file("report.pdf"), text)
}

#[test]
fn the_name_is_told_without_its_extension() {
    let start = |adapter: &Subworkflow, name: &str| talk::said(adapter, &open(), &file(name));
    assert_eq!(
        said(&open()),
        "POST https://api.example/v1/upload-session/start (api)\n\n\
         fileName=report.final\nfileExt=pdf\nfileType=application/pdf\njobType=extract\n"
    );
    assert!(start(&subworkflow(), "README").contains("fileName=README\nfileExt=\n"));
    assert!(start(&subworkflow(), ".profile").contains("fileName=.profile\nfileExt=\n"));
    let lasting = Subworkflow { job_type: "vectorize", expires_in_days: Some(-1), ..subworkflow() };
    assert!(start(&lasting, "a.pdf").ends_with("jobType=vectorize\nexpiresInDays=-1\n"));
}

#[test]
fn a_part_comes_after_its_key_and_its_number() {
    assert_eq!(
        said(&append()),
        "POST https://api.example/v1/upload-session/append (api)\n\nkey=tmp_x\npartNumber=2\nfile=(the part, as tmp_x_2)\n"
    );
    let stored = heard(&append(), "200\n\n{\"success\":true,\"data\":{\"etag\":\"e\",\"partNumber\":2}}");
    assert!(matches!(stored, Ok(Reply::Sent(receipt)) if receipt == json(r#"{"etag":"e"}"#)));
    let others = heard(&append(), "200\n\n{\"success\":true,\"data\":{\"etag\":\"e\",\"partNumber\":7}}");
    assert_eq!(others.unwrap_err().failure, Failure::Nonsense, "a receipt for another part");
}

#[test]
fn the_end_lists_the_receipts_in_order_as_json_text() {
    assert_eq!(
        said(&end()),
        "POST https://api.example/v1/upload-session/end (api)\n\nkey=tmp_x\n\
         parts=[{\"etag\":\"e\\\"0\",\"partNumber\":1},{\"etag\":\"e\\\"1\",\"partNumber\":2}]\n"
    );
    let job = "200\n\n{\"success\":true,\"total\":1,\"data\":{\"id\":\"dsj_1\",\"status\":\"NOT_STARTED\"}}";
    let Ok(Reply::Closed(closing)) = heard(&end(), job) else { panic!() };
    let outcome = subworkflow().outcome(&session(), &closing);
    assert_eq!((outcome.upload_id.as_str(), outcome.object_id.as_deref()), ("tmp_x", Some("dsj_1")));
}

#[test]
fn an_abort_names_the_key() {
    let discard = Step::Discard { session: session() };
    assert_eq!(said(&discard), "POST https://api.example/v1/upload-session/abort (api)\n\nkey=tmp_x\n");
    // Nothing is said of the answer's body.
    for text in ["200\n\n{\"success\":true}", "200\n\n{}", "200\n\n", "204\n\n", "200\n\nok"] {
        assert!(matches!(heard(&discard, text), Ok(Reply::Discarded)), "{text}");
    }
    let refused = heard(&discard, "200\n\n{\"success\":false,\"error\":\"not yours\"}").unwrap_err();
    assert!(refused.words.contains("not yours"), "{}", refused.words);
    assert_eq!(heard(&discard, "404\n\n{\"success\":false}").unwrap_err().failure, Failure::Gone);
}

#[test]
fn both_spellings_of_an_error_are_read() {
    for (text, failure, own) in [
        ("400\n\n{\"success\":false,\"error\":\"part too small\"}", Failure::Rejected, "part too small"),
        ("404\n\n{\"success\":false,\"error\":\"no session\"}", Failure::Gone, "no session"),
        ("401\n\n{\"message\":\"Unauthorized\"}", Failure::Refused, "Unauthorized"),
        ("402\n\n{\"message\":\"no credits\"}", Failure::Rejected, "no credits"),
        (
            "429\nretry-after: 7\n\n{\"message\":\"slow\"}",
            Failure::Busy { after: Some(Duration::from_secs(7)) },
            "slow",
        ),
        ("429\n\n{\"message\":\"slow\"}", Failure::Busy { after: None }, "slow"),
        ("200\n\n{\"success\":false,\"error\":\"no\"}", Failure::Rejected, "no"),
        ("200\n\n<html>", Failure::Nonsense, "baseUrl"),
        ("200\n\n{\"success\":true,\"data\":{}}", Failure::Nonsense, "key"),
    ] {
        let failed = heard(&open(), text).unwrap_err();
        assert_eq!(failed.failure, failure, "{text}");
        assert!(failed.words.contains(own), "{}", failed.words);
    }
}

#[test]
fn parts_are_within_the_services_rules_for_any_file_it_takes() {
    let limits = subworkflow().rules().limits;
    for size in [0, 1, 5_000_001, 700_000_000, 5_000_000_000] {
        let plan = Plan::new(size, None, 6, &limits).unwrap();
        assert!((5_000_000..=100_000_000).contains(&plan.part_size()), "{size}");
    }
    assert!(Plan::new(5_000_000_001, None, 6, &limits).is_err());
}
