//! Sizes, numbers and waits that make no sense.

use crate::any::{BASE, adapters};
use crate::hostile::Hostile;
use crate::{file, made_of, written};
use std::time::Duration;
use upslice::core::{Change, Config, Dice, Failure, Ledger, PlanError, Reply, Step, Upload};
use upslice::protocol::{Adapter, Call, Json, Response, S3Endpoint};

fn response(json: Json) -> Response {
    Response { status: 200, text: "{}".into(), json: Some(json), ..Response::default() }
}

fn made(adapter: &dyn Adapter, step: &Step<Json>, json: Json) -> Result<Reply<Json>, Failure> {
    made_of(adapter, step, &response(json)).unwrap()
}

fn list() -> Step<Json> {
    Step::Inspect {
        session: Json::object([("uploadId", "u".into()), ("key", "k".into())]),
        page: None,
        remembered: std::rc::Rc::default(),
    }
}

#[test]
fn a_million_listed_parts_are_stored_once_each() {
    let part =
        |number: u32| Json::object([("PartNumber", number.into()), ("ETag", "e".into()), ("Size", 1024u32.into())]);
    let adapter = S3Endpoint::new(BASE);
    for (parts, stored) in
        [((0..1_000_000).map(|_| part(1)).collect::<Vec<_>>(), 1), ((1..=1_000_000).map(part).collect(), 3)]
    {
        let mut ledger = Ledger::default();
        let Step::Inspect { session, .. } = list() else { unreachable!() };
        ledger.apply(Change::Opened { session, part_size: 1024, seat: None });
        let (mut hostile, id) = Hostile::new(&adapter, ledger, 3 * 1024, 0).unwrap();
        hostile.live(id, &[response(Json::List(parts))]);
        assert_eq!((hostile.exchanges, hostile.changes), (1, stored));
    }
}

#[test]
fn numbers_that_no_part_has_are_left_out() {
    for number in [0.0, -1.0, 0.5, 4_294_967_297.0, 9_007_199_254_740_991.0, 9_007_199_254_740_992.0, f64::NAN] {
        let item = Json::Map(
            [("PartNumber", Json::Number(number)), ("ETag", "e".into()), ("Size", 1u32.into())]
                .map(|(name, value)| (name.to_owned(), value))
                .into(),
        );
        let reply = made(&S3Endpoint::new(BASE), &list(), Json::List(vec![item]));
        let Ok(Reply::Listed { parts, .. }) = reply else { panic!("{reply:?}") };
        assert!(parts.is_empty(), "{number}: {parts:?}");
    }
}

#[test]
fn many_headers_for_many_urls_are_not_multiplied() {
    let adapters = adapters();
    let adapter = adapters.iter().find(|adapter| adapter.kind() == "twelvelabs").unwrap();
    let headers = (0..2_000).map(|at| (format!("x-{at}"), Json::from("v"))).collect();
    let url = |at: u32| Json::object([("chunk_index", at.into()), ("url", "https://s.example/k".into())]);
    let body = Json::object([
        ("upload_id", "u".into()),
        ("asset_id", "a".into()),
        ("chunk_size", 1u32.into()),
        ("upload_headers", Json::Map(headers)),
        ("upload_urls", Json::List((1..=2_000).map(url).collect())),
    ]);
    let input = written(&body);
    let reply = made(adapter.as_ref(), &Step::Open { parts: 1, part_size: 1 }, body);
    assert_eq!(reply.as_ref().err(), Some(&Failure::Nonsense), "{} bytes out of {input}", written(&reply));
}

#[test]
fn a_layout_of_more_parts_than_there_may_be_is_not_taken_up() {
    let mut ledger = Ledger::default();
    ledger.apply(Change::Opened { session: Json::object([]), part_size: 1, seat: None });
    let rules = S3Endpoint::new(BASE).rules();
    let upload = Upload::new(Config::default(), rules, 5 << 40, ledger, Dice::seeded(0));
    assert!(matches!(upload, Err(PlanError::PartSize { asked: 1, .. })));
}

#[test]
fn patience_without_end_is_not_had() {
    let adapters = adapters();
    for adapter in &adapters {
        let step = Step::Open { parts: 3, part_size: 1024 };
        let Ok(Call::Http(_)) = adapter.call(&step, &file()) else { continue };
        for after in ["18446744073709551615", "Fri, 31 Dec 9999 23:59:59 GMT"] {
            let busy =
                Response { status: 429, headers: vec![("retry-after".into(), after.into())], ..Response::default() };
            let (mut hostile, id) = Hostile::new(adapter.as_ref(), Ledger::default(), 3_000, 0).unwrap();
            hostile.live(id, std::slice::from_ref(&busy));
            assert!(hostile.now < Duration::from_secs(600).as_millis() as u64, "{}", adapter.kind());
        }
    }
}
