//! What the core costs as files grow: memory that does not depend on the file, little for each part, and the same work
//! for the last part as for the first. Allocations are counted, since a time is no fact that a test can hold.

// What counts allocations is not there in a browser.
#![cfg(not(target_arch = "wasm32"))]

use allocation_counter::{AllocationInfo, measure};
use std::collections::VecDeque;
use upslice::core::{
    Config, Dice, Event, Input, Instant, Ledger, Limits, Now, Origin, Output, Page, PartRange, Preparing, Reply, Rules,
    Step, Ticket, Upload, Wall,
};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

fn rules() -> Rules {
    let limits = Limits {
        min_part_size: 5 * MIB,
        max_part_size: 5 * GIB,
        max_parts: 10_000,
        max_size: 5 << 40,
        empty_parts: Some(1),
    };
    Rules {
        preparing: Preparing::Tickets { batch: 50 },
        discards: true,
        inspects: true,
        ..Rules::plain(limits, Some(Origin::new("https://api.example")))
    }
}

/// Answers a step as a service that has no troubles does.
fn answer(step: &Step<u32>, store: &Origin) -> Reply<u32> {
    match step {
        Step::Open { .. } => Reply::opened(7),
        Step::Prepare { parts, .. } => {
            let ticket = |part: &PartRange| {
                let (keep, origin) = (part.index, store.clone());
                (part.index, Ticket { keep, origin, expiry: None, wants_digest: false })
            };
            Reply::Prepared(parts.iter().map(ticket).collect())
        }
        Step::Send { part, .. } => Reply::Sent(part.index),
        Step::Close { .. } => Reply::Closed(0),
        other => panic!("{} was not expected", other.role()),
    }
}

/// Lives an upload through; the number of its parts.
fn live(size: u64, part_size: u64) -> u32 {
    let config = Config { part_size: Some(part_size), ..Config::default() };
    let store = Origin::new("https://store.example");
    let upload = Upload::new(config, rules(), size, Ledger::default(), Dice::seeded(1)).unwrap();
    let mut page = Page::default();
    let id = page.add(upload);
    let mut inputs = VecDeque::from([Input::Start]);
    let (mut millis, mut sent) = (0, 0);
    while let Some(input) = inputs.pop_front() {
        millis += 1;
        let now = Now { instant: Instant::from_millis(millis), wall: Wall::from_millis(millis) };
        page.handle(now, id, input);
        while let Some((_, output)) = page.poll() {
            match output {
                Output::Run { task, step } => {
                    sent += u32::from(matches!(step, Step::Send { .. }));
                    inputs.push_back(Input::Finished { task, outcome: Ok(answer(&step, &store)) });
                }
                Output::Emit(Event::Success { receipts, .. }) => assert_eq!(receipts.len(), sent as usize),
                Output::Emit(Event::Failure(error)) => panic!("{error:?}"),
                _ => {}
            }
        }
    }
    sent
}

fn cost(size: u64, part_size: u64) -> (u32, AllocationInfo) {
    let mut parts = 0;
    let info = measure(|| parts = live(size, part_size));
    (parts, info)
}

#[test]
fn memory_does_not_depend_on_the_size_of_the_file() {
    let costs = [1, 10, 100].map(|gib| cost(gib * GIB, gib * 8 * MIB));
    for (parts, info) in costs {
        println!("{parts} parts: {} bytes at most", info.bytes_max);
        assert_eq!((parts, info.bytes_max), (128, costs[0].1.bytes_max));
    }
}

#[test]
fn the_last_of_ten_thousand_parts_costs_what_the_first_of_a_hundred_does() {
    let [(few, little), (many, much)] = [100, 10_000].map(|parts| cost(parts * 8 * MIB, 8 * MIB));
    let each = |bytes: u64, parts: u32| bytes as f64 / f64::from(parts);
    let memory = [each(little.bytes_max, few), each(much.bytes_max, many)];
    let work = [each(little.count_total, few), each(much.count_total, many)];
    let churn = [each(little.bytes_total, few), each(much.bytes_total, many)];
    println!("for each part: {memory:?} bytes at most, {work:?} allocations, {churn:?} bytes of them");
    assert_eq!((few, many), (100, 10_000));
    assert!(memory[1] <= memory[0] && work[1] <= work[0] && churn[1] <= churn[0]);
    assert!(memory[1] < 400.0, "a part is a few words: {memory:?}");
}
