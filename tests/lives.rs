//! Thousands of random lives: uploads that share a page, a link and a service that fails in every way it can, people who
//! pause, resume, abort and reload. Nothing is asserted of any one of them but what must hold of all.
//!
//! `UPSLICE_LIVES=100000` for a long run of each kind, `UPSLICE_SEED=…` for one life again.
#![cfg(not(target_arch = "wasm32"))]

#[path = "lives/chance.rs"]
mod chance;
#[path = "lives/judge.rs"]
mod judge;
#[path = "lives/lead.rs"]
mod lead;
mod world;

use chance::{plain, served};
use lead::lead;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use upslice::core::Dice;
use world::{KINDS, Story};

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name}={value} is no number")))
}

/// Lives one life per seed, each of which says how many stragglers had a second request. One that does not end well is
/// lived again, and its story told.
fn live(kind: &str, count: u64, life: impl Fn(u64) -> usize) -> usize {
    let mut hedged = 0;
    let seeds = match number("UPSLICE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("UPSLICE_LIVES").unwrap_or(count),
    };
    for seed in seeds {
        if let Ok(stragglers) = catch_unwind(AssertUnwindSafe(|| life(seed))) {
            hedged += stragglers;
            continue;
        }
        Story::begin();
        let again = catch_unwind(AssertUnwindSafe(|| life(seed)));
        let name = std::thread::current().name().unwrap_or_default().to_owned();
        eprintln!(
            "{}\n{kind}: to live this life again: UPSLICE_SEED={seed} cargo test --test lives {name}",
            Story::end()
        );
        match again {
            Err(panic) => resume_unwind(panic),
            Ok(_) => panic!("{kind}, seed {seed}: it ended well the second time: a life must follow from its seed"),
        }
    }
    println!("{kind}: {hedged} stragglers had a second request");
    hedged
}

/// Lives with a real adapter: three of four with any faults, one with no more than there are attempts.
fn live_with(kind: &str) -> usize {
    assert!(KINDS.contains(&kind));
    live(kind, 2_000, |seed| {
        let mut dice = Dice::seeded(seed);
        lead(served(kind, &mut dice), dice, seed % 4 == 3)
    })
}

#[test]
fn any_life_ends_once_and_well() {
    live("any rules", 4_000, |seed| {
        let mut dice = Dice::seeded(seed);
        lead(plain(&mut dice), dice, false)
    });
}

#[test]
fn a_life_with_as_many_faults_as_there_are_retries_ends_stored() {
    live("any rules", 2_000, |seed| {
        let mut dice = Dice::seeded(seed);
        lead(plain(&mut dice), dice, true)
    });
}

#[test]
fn any_life_with_a_companion() {
    let hedged = live_with("s3");
    assert!(hedged > 0 || number("UPSLICE_SEED").is_some(), "no life had a straggler");
}

#[test]
fn any_life_with_functions_that_sign() {
    live_with("s3 functions");
}

#[test]
fn any_life_with_veza() {
    live_with("veza");
}

#[test]
fn any_life_with_twelvelabs() {
    live_with("twelvelabs");
}

#[test]
fn any_life_with_gjirafa() {
    let hedged = live_with("gjirafa");
    assert!(hedged > 0 || number("UPSLICE_SEED").is_some(), "no life had a straggler");
}

#[test]
fn any_life_with_here() {
    live_with("here");
}

#[test]
fn any_life_with_subworkflow() {
    live_with("subworkflow");
}

#[test]
fn any_life_with_what_an_app_describes() {
    live_with("custom");
}
