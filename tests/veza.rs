//! What the adapter of Veza OAA says and hears, letter by letter.
#![cfg(not(target_arch = "wasm32"))]

mod talk;

use talk::json;
use upslice::core::{Carrier, Failed, Failure, PartRange, Plan, Reply, Step};
use upslice::protocol::{Adapter, File, Json, Veza};

fn veza() -> Veza {
    Veza { base_url: "https://tenant.example/".into(), provider_id: "prov/1".into(), data_source_id: "ds 1".into() }
}

fn file() -> File {
    File { name: "payload.json".into(), kind: "application/json".into(), size: 7, metadata: Vec::new() }
}

const fn open() -> Step<Json> {
    Step::Open { parts: 2, part_size: 4 }
}

fn session() -> Json {
    json(r#"{"uploadId":"7e4b\"1"}"#)
}

const fn part(index: u32) -> PartRange {
    PartRange { index, start: index as u64 * 4, end: index as u64 * 4 + 4 }
}

fn send() -> Step<Json> {
    Step::Send { session: session(), part: part(1), ticket: None, digest: None, carrier: Carrier::Fetch }
}

fn complete(parts: u32) -> Step<Json> {
    let receipts: Vec<_> = (0..parts).map(|index| (part(index), Json::Null)).collect();
    Step::Close { session: session(), receipts: receipts.into() }
}

fn said(step: &Step<Json>) -> String {
    talk::said(&veza(), step, &file())
}

fn heard(step: &Step<Json>, text: &str) -> Result<Reply<Json>, Failed> {
    talk::heard(&veza(), step, &file(), text)
}

const TO: &str = "POST https://tenant.example/api/v1/providers/custom/prov%2F1/datasources/ds%201:parts (api)\n\n";

#[test]
fn every_call_goes_to_one_address_whose_colon_is_a_colon() {
    assert_eq!(said(&open()), format!("{TO}{{\"operation\":\"start\"}}"));
    assert_eq!(
        said(&send()),
        format!(
            "{TO}{{\"operation\":\"upload\",\"upload_id\":\"7e4b\\\"1\",\"sequence_number\":2}} and `data`: (the part as base64)"
        )
    );
    assert_eq!(
        said(&complete(2)),
        format!("{TO}{{\"operation\":\"complete\",\"upload_id\":\"7e4b\\\"1\",\"sequence_count\":2}}")
    );
    assert!(said(&complete(0)).ends_with("\"sequence_count\":0}"));
}

#[test]
fn the_upload_id_comes_bare_or_in_a_value() {
    for text in [
        "200\n\n{\"status\":\"success\",\"upload_id\":\"u\"}",
        "200\n\n{\"upload_id\":\"u\"}",
        "200\n\n{\"value\":{\"upload_id\":\"u\"}}",
    ] {
        let Ok(Reply::Opened { session, tickets, .. }) = heard(&open(), text) else { panic!("{text}") };
        assert!(tickets.is_empty());
        assert_eq!(veza().outcome(&session, &Json::Null).object_id.as_deref(), Some("u"));
    }
    assert_eq!(heard(&open(), "200\n\n{}").unwrap_err().failure, Failure::Nonsense);
}

#[test]
fn an_answer_that_is_no_json_is_an_error_even_with_200() {
    for step in [open(), send(), complete(2)] {
        for body in ["", "ok", "<!doctype html><title>Sign in</title>", "[]"] {
            let failed = heard(&step, &format!("200\n\n{body}")).unwrap_err();
            assert_eq!(failed.failure, Failure::Nonsense, "{body}");
            assert!(failed.words.contains("baseUrl"), "{}", failed.words);
        }
    }
    assert!(matches!(heard(&send(), "200\n\n{\"status\":\"success\"}"), Ok(Reply::Sent(_))));
}

#[test]
fn warnings_of_the_final_answer_are_the_apps_to_read() {
    let answer = "200\n\n{\"status\":\"success\",\"warnings\":[{\"message\":\"odd\"}]}";
    let Ok(Reply::Closed(closing)) = heard(&complete(1), answer) else { panic!() };
    assert_eq!(closing.get("warnings").unwrap().items().unwrap()[0].text("message"), Some("odd"));
}

#[test]
fn a_refusal_is_told_in_the_services_own_words() {
    let body = r#"{"code":"InvalidArgument","message":"Invalid Arguments","details":[]}"#;
    for (status, failure) in
        [(400, Failure::Rejected), (401, Failure::Refused), (404, Failure::Gone), (500, Failure::Server)]
    {
        let failed = heard(&send(), &format!("{status}\n\n{body}")).unwrap_err();
        assert_eq!(failed.failure, failure);
        assert!(failed.words.contains("Invalid Arguments"), "{}", failed.words);
    }
}

#[test]
fn what_a_field_did_wrong_is_told() {
    let details = r#"[{"@type":"type.googleapis.com/google.rpc.BadRequest","field_violations":[
        {"field":"sequence_number","description":"must be 1 to 99"},{"field":"data"},{"description":"see https://t.example/x?key=secret"},7]},
        {"@type":"type.googleapis.com/errorstatus.v1.UserFacingErrorInfo","reason":"INVALID_ARGUMENTS","metadata":{},
         "message":"The part is not one.","resolution":"Send it again."},null]"#;
    let told = |details: &str| {
        let body = format!(r#"{{"code":"InvalidArgument","message":"Invalid Arguments","details":{details}}}"#);
        let failed = heard(&send(), &format!("400\n\n{body}")).unwrap_err();
        assert_eq!((&failed.failure, failed.status), (&Failure::Rejected, Some(400)));
        failed.words.split_once(" answered ").unwrap().1.to_owned()
    };
    assert_eq!(
        told(details),
        "400 (Invalid Arguments; sequence_number: must be 1 to 99; see https://t.example/x; The part is not one.)"
    );
    for nothing in ["null", "[]", "{}", "[{}]", r#"[{"field_violations":null}]"#] {
        assert_eq!(told(nothing), "400 (Invalid Arguments)", "{nothing}");
    }
    let long = format!(r#"[{{"message":"{}"}}]"#, "x".repeat(100_000));
    assert!(told(&long).len() < 700);
}

#[test]
fn at_most_99_parts_and_what_does_not_fit_is_told_with_the_sum() {
    let limits = veza().rules().limits;
    assert_eq!(Plan::new(0, None, 6, &limits).unwrap().parts(), 0);
    let plan = Plan::new(9_000_000_000, None, 6, &limits).unwrap();
    assert!(plan.parts() <= 99 && plan.part_size() <= 100_000_000);
    let error = Plan::new(99 * 100_000_000 + 1, None, 6, &limits).unwrap_err();
    assert!(error.to_string().contains("99 parts × 100000000 bytes"), "{error}");
}
