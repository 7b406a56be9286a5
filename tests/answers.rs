//! Any answer at all, from any service, to any step: no panic, no unbounded work, and an upload that gets nothing else
//! ends all the same.
//!
//! `PROPTEST_CASES=100000` for a long run.
#![cfg(not(target_arch = "wasm32"))]

#[path = "answers/absurd.rs"]
mod absurd;
#[path = "answers/any.rs"]
mod any;
#[path = "answers/hostile.rs"]
mod hostile;

use any::{adapters, answer, any_json, leaf};
use hostile::Hostile;
use proptest::prelude::*;
use std::rc::Rc;
use upslice::core::{Carrier, Change, Failure, Ledger, PartRange, Reply, Step};
use upslice::protocol::{Adapter, Answer, Call, File, Json, Question, Response};

fn file() -> File {
    File { name: "a.b".into(), kind: "x/y".into(), size: 3_000, metadata: Vec::new() }
}

const fn part(index: u32) -> PartRange {
    PartRange { index, start: index as u64 * 1024, end: index as u64 * 1024 + 1024 }
}

fn steps(session: &Json, ticket: &Json) -> Vec<Step<Json>> {
    let session = || session.clone();
    let receipts: Rc<[_]> = (0..2).map(|index| (part(index), ticket.clone())).collect();
    vec![
        Step::Open { parts: 3, part_size: 1024 },
        Step::Prepare { session: session(), parts: vec![part(0)], digests: Vec::new(), attempt: 1 },
        Step::Prepare { session: session(), parts: vec![part(0), part(2)], digests: Vec::new(), attempt: u32::MAX },
        Step::Prepare { session: session(), parts: Vec::new(), digests: Vec::new(), attempt: 0 },
        Step::Send {
            session: session(),
            part: part(0),
            ticket: Some(ticket.clone()),
            digest: None,
            carrier: Carrier::Xhr,
        },
        Step::Send { session: session(), part: part(1), ticket: None, digest: None, carrier: Carrier::Fetch },
        Step::Reckon { session: session(), part: part(1) },
        Step::Settle { session: session(), receipts: receipts.clone() },
        Step::Inspect { session: session(), page: None, remembered: std::rc::Rc::default() },
        Step::Inspect { session: session(), page: Some(ticket.clone()), remembered: std::rc::Rc::default() },
        Step::Close { session: session(), receipts },
        Step::Watch { session: session() },
        Step::Verify { session: session() },
        Step::Discard { session: session() },
    ]
}

/// What an adapter makes of an answer to a step, as the edge asks it to.
fn made_of(adapter: &dyn Adapter, step: &Step<Json>, response: &Response) -> Option<Result<Reply<Json>, Failure>> {
    let value = response.json.clone().unwrap_or_default();
    let mut answer = match adapter.call(step, &file()) {
        Ok(Call::Http(request)) => Answer::Http { request: request.into(), response: response.clone() },
        Ok(Call::Function(function)) => Answer::Value { of: function.name, value: value.clone() },
        Ok(Call::Digest(..)) => Answer::Digest(response.text.clone()),
        Ok(Call::Combine(sums)) => panic!("{sums:?} of nothing"),
        Err(_) => return None,
    };
    while let Some(call) = adapter.follow(step, &answer) {
        answer = match call {
            Call::Function(function) => Answer::Value { of: function.name, value: value.clone() },
            Call::Combine(_) => Answer::Combined { answer: Box::new(answer), whole: Some(response.text.clone()) },
            call => panic!("{call:?} follows nothing"),
        };
    }
    let reply = adapter.reply(step, &answer);
    if let Err(failed) = &reply {
        // What a session is called is no secret, whatever it is.
        let is_named = adapter.call(step, &file()).is_ok_and(|call| format!("{call:?}").contains("%3Dsecret"));
        assert!(is_named || !failed.words.contains("secret"), "{}", failed.words);
        assert!(failed.words.len() < 4_000, "{} bytes of words", failed.words.len());
    }
    Some(reply.map_err(|failed| failed.failure))
}

fn written(what: &impl std::fmt::Debug) -> usize {
    format!("{what:?}").len()
}

proptest! {
    #[test]
    fn any_answer_to_any_step_is_read(session in any_json(), ticket in any_json(), response in answer()) {
        for adapter in adapters() {
            for step in steps(&session, &ticket) {
                let reply = made_of(adapter.as_ref(), &step, &response);
                let most = 40 * (written(&response) + written(&session) + written(&ticket) + 500);
                prop_assert!(written(&reply) < most, "{} out of {}", written(&reply), written(&response));
            }
        }
    }

    #[test]
    fn whatever_was_on_a_disk_is_read(remembered in any_json(), receipt in any_json()) {
        for adapter in adapters() {
            let Some(session) = adapter.recalled(&remembered) else { continue };
            for step in steps(&session, &receipt) {
                let _ = adapter.call(&step, &file());
            }
            let _ = (adapter.outcome(&session, &receipt), adapter.etag(&receipt));
            if let Some(written_again) = adapter.remembered(&session) {
                prop_assert!(written(&written_again) <= written(&session));
                prop_assert_eq!(adapter.recalled(&written_again).map(|again| written(&again)), Some(written(&written_again)));
            }
        }
    }

    #[test]
    fn any_answer_to_any_question_is_read(id in ".*", page in any::<u64>(), response in answer()) {
        for adapter in adapters() {
            for question in [Question::Incomplete { page }, Question::Status { upload_id: id.clone(), page }] {
                let Some(request) = adapter.ask(&question) else { continue };
                let known = adapter.known(&question, &request, &response);
                prop_assert!(written(&known) < 40 * (written(&response) + written(&request) + 500));
            }
        }
    }
}

proptest! {
    #[test]
    fn an_upload_that_is_answered_anything_ends_once(
        answers in prop::collection::vec(answer(), 1..12),
        size in 0..8_000u64,
        part_size in prop_oneof![Just(1024u64), 1..u64::MAX],
        session in any_json(),
        receipts in prop::collection::vec((any::<u32>(), leaf()), 0..6),
        taken_up in any::<bool>(),
    ) {
        for adapter in adapters() {
            let mut ledger = Ledger::default();
            if let Some(session) = adapter.recalled(&session).filter(|_| taken_up) {
                ledger.apply(Change::Opened { session, part_size, seat: None });
                for (index, receipt) in &receipts {
                    ledger.apply(Change::Stored { index: index % 9, receipt: receipt.clone() });
                }
            }
            if let Some((mut hostile, id)) = Hostile::new(adapter.as_ref(), ledger, size, size) {
                hostile.live(id, &answers);
                prop_assert!(hostile.changes <= 40 * answers.len());
            }
        }
    }
}
