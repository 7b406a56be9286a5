//! Thousands of random lives: uploads that share a page, a link and a service that fails in every way it can, people who
//! pause, resume and abort. Nothing is asserted of any one of them but what must hold of all.
//!
//! `UPSLICE_LIVES=100000` for a long run, `UPSLICE_SEED=…` for one life again.
#![cfg(not(target_arch = "wasm32"))]

mod world;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;
use upslice::core::{
    Config, Dice, ErrorCode, Input, OnPause, Origin, Preparing, Retry, Rules, Timeouts, Transport, UploadId,
};
use world::{Cancels, Chaos, Companion, Ending, Plain, Service, World};

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name}={value} is no number")))
}

/// Lives one life per seed, and says which seed it was that did not end well.
fn live(count: u64, life: impl Fn(u64)) {
    let seeds = match number("UPSLICE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("UPSLICE_LIVES").unwrap_or(count),
    };
    for seed in seeds {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| life(seed))) {
            eprintln!("to live this life again: UPSLICE_SEED={seed}");
            resume_unwind(panic);
        }
    }
}

fn one_of<T: Copy, const N: usize>(dice: &mut Dice, things: [T; N]) -> T {
    things[usize::try_from(dice.below(N as u64)).unwrap()]
}

fn any_rules(dice: &mut Dice, rules: Rules) -> Rules {
    let preparing = match dice.below(4) {
        0 => Preparing::Nothing,
        1 => Preparing::Tickets { batch: 1 },
        _ => Preparing::Tickets { batch: 50 },
    };
    let api = one_of(dice, [Some("https://api.example"), Some("https://store.example"), None]);
    // Without tickets, parts go where the API is.
    let api = api.or((preparing == Preparing::Nothing).then_some("https://api.example"));
    Rules {
        preparing,
        on_pause: if dice.below(4) == 0 { OnPause::Drain } else { OnPause::Cut },
        inspects: dice.below(3) > 0,
        verifies: dice.below(3) == 0,
        discards: dice.below(5) > 0,
        api: api.map(Origin::new),
        ..rules
    }
}

fn any_config(dice: &mut Dice) -> Config {
    let timeouts = Timeouts::default();
    Config {
        part_size: Some(1 << (10 + dice.below(10))),
        concurrency: one_of(dice, [None, None, Some(1), Some(3)]),
        retry: match dice.below(4) {
            0 => Retry { limit: 0, ..Retry::default() },
            1 => Retry { limit: 2, min_delay: Duration::ZERO, max_delay: Duration::ZERO },
            _ => Retry::default(),
        },
        timeouts: Timeouts {
            stall: one_of(dice, [timeouts.stall, Some(Duration::from_secs(2))]),
            outage: Duration::from_secs(one_of(dice, [300, 30, 5])),
            ..timeouts
        },
        transport: one_of(dice, [Transport::Auto, Transport::Fetch, Transport::Xhr]),
    }
}

fn any_line<S: Service>(dice: &mut Dice, world: &mut World<S>) {
    world.line.latency = dice.below(150);
    world.line.per_connection = 1.0 + dice.below(4_000) as f64;
    world.line.total = 10.0 + dice.below(8_000) as f64;
    world.line.swallows = dice.below(3) == 0;
    world.line.connections = if dice.below(5) == 0 { 100 } else { 6 };
    world.cancels = match dice.below(4) {
        0 => Cancels::Promptly,
        1 => Cancels::Late(dice.below(5_000)),
        2 => Cancels::Never,
        _ => Cancels::Any(Dice::seeded(dice.throw())),
    };
    world.lateness = if dice.below(8) == 0 { dice.below(60_000) } else { 0 };
    world.store.idempotent = dice.below(2) == 0;
    world.store.batches = dice.below(4) > 0;
    world.store.lifetime = one_of(dice, [Some(300), Some(15), Some(3_600), None]);
    world.store.skew = one_of(dice, [0, 0, 3_600_000, -3_600_000]);
}

/// What people and machines do.
fn anything<S: Service>(dice: &mut Dice, world: &mut World<S>, ids: &[UploadId]) {
    let id = ids[usize::try_from(dice.below(ids.len() as u64)).unwrap()];
    match dice.below(24) {
        0..=2 => world.pause(id),
        3..=5 => world.resume(id),
        6 => world.abort(id),
        7 | 8 => world.tell(id, Input::Online),
        9 => world.tell(id, Input::Watched(true)),
        10 => world.tell(id, Input::Watched(false)),
        11 => world.tell(id, Input::Start),
        12 => world.tell(id, Input::Tick),
        13 => world.go_offline(Duration::from_millis(dice.below(400_000))),
        14 => world.go_offline(Duration::from_millis(dice.below(5_000))),
        15 => world.sleep(Duration::from_millis(dice.below(4_000_000))),
        16 => world.expire_urls(),
        17 => world.skew = one_of(dice, [0, 3_600_000, -3_600_000]),
        18 => world.store.omitted = (0..dice.below(4)).map(|_| u32::try_from(dice.below(20)).unwrap()).collect(),
        _ => {}
    }
}

/// The time after which a life without further faults must be over, however unlucky it was.
const LONG_ENOUGH: u64 = 24 * 3_600_000;

fn lead<S: Service>(mut world: World<S>, mut dice: Dice, gentle: bool) {
    any_line(&mut dice, &mut world);
    let percent = one_of(&mut dice, [0, 2, 10, 30]);
    let until = world.now + 1_000 + dice.below(600_000);
    let budget = if gentle { 5 } else { u32::MAX };
    let deadly = !gentle && dice.below(2) == 0;
    world.chaos = Some(Chaos { dice: Dice::seeded(dice.throw()), percent, until, budget, deadly });
    let mut ids = Vec::new();
    for _ in 0..=dice.below(3) {
        let mut config = any_config(&mut dice);
        if gentle {
            config.retry = Retry::default();
            config.timeouts = Timeouts::default();
        }
        let parts = dice.below(30);
        let size = dice.below(1 + config.part_size.unwrap_or_default() * parts);
        ids.push(world.upload(size, config));
        world.run_for(Duration::from_millis(dice.below(2_000)));
    }
    let mut aborted = Vec::new();
    for _ in 0..dice.below(12) {
        let scale = dice.below(18);
        world.run_for(Duration::from_millis(dice.below(1 << scale)));
        if !gentle {
            anything(&mut dice, &mut world, &ids);
        } else if dice.below(2) == 0 {
            let id = ids[usize::try_from(dice.below(ids.len() as u64)).unwrap()];
            world.pause(id);
            world.run_for(Duration::from_millis(dice.below(5_000)));
            world.resume(id);
        }
    }
    ids.iter().for_each(|id| world.resume(*id));
    let after = world.now.max(until);
    world.run();
    for id in &ids {
        let life = world.life(*id);
        assert!(life.ended_at < after + LONG_ENOUGH, "{id:?} took until {}", life.ended_at);
        if gentle {
            let error = life.error().map(|error| (error.code, &error.message));
            // A completion whose answer is lost is not always to be cleared up.
            let unproven = error.as_ref().is_some_and(|(code, _)| *code == ErrorCode::Unproven);
            assert!(life.is_stored() || unproven, "five faults were too many: {error:?}");
        }
    }
    // What failed can be taken up, and goes on from what is stored.
    for id in ids.clone() {
        if world.life(id).error().is_none_or(|error| error.code == ErrorCode::Aborted) {
            continue;
        }
        if dice.below(2) == 0 {
            world.abort(id);
            world.run();
            aborted.push(id);
        } else {
            take_up(&mut world, id);
        }
    }
    for (id, life) in &world.lives {
        let was_aborted = aborted.contains(id) || life.error().is_some_and(|error| error.code == ErrorCode::Aborted);
        assert!(!was_aborted || life.over.is_some(), "{id:?} was aborted and is never over");
        assert!(!life.is_stored() || life.over == Some(None), "{id:?} is stored, and never over");
    }
    check_nothing_is_left(&world);
}

fn take_up<S: Service>(world: &mut World<S>, id: UploadId) {
    world.chaos = None;
    world.lateness = 0;
    world.line = world::Line { flowed: world.now, ..world::Line::default() };
    world.go_online();
    world.store.omitted.clear();
    world.store.expire_urls();
    let rules = world.service.rules();
    let ledger = world.life(id).ledger.clone();
    let session = ledger.session().map(|(session, _)| session.clone());
    let missing = session.map_or(usize::MAX, |session| {
        let (_, ask) = world.service.ask(&upslice::core::Step::Inspect { session });
        let world::Ask::List { session } = ask else { panic!("{ask:?}") };
        let there = world.store.stored(&session);
        let open = world.store.is_open(&session);
        let known = if rules.inspects { there.len() } else { ledger.clone().into_receipts().len() };
        if open { world.life(id).plan.parts() as usize - known } else { usize::MAX }
    });
    let again = world.retry(id);
    world.run();
    let life = world.life(again);
    if missing == usize::MAX && !rules.inspects {
        return; // Nobody can tell that the session is gone, or it was completed after all.
    }
    assert!(life.is_stored(), "taking it up failed: {:?}", life.ending);
    assert!(life.sends.len() <= missing, "{} parts were sent, {missing} were missing", life.sends.len());
}

/// What is over without a rest has left nothing behind.
fn check_nothing_is_left<S: Service>(world: &World<S>) {
    let left = world.lives.values().filter(|life| life.over.as_ref().is_none_or(Option::is_some)).count();
    let open = world.store.told_and_open();
    assert!(open.len() <= left, "{open:?} are still open, {left} uploads say that they left something");
    for life in world.lives.values() {
        if let (Some(Ending::Stored { .. }), Some(Some(left))) = (&life.ending, &life.over) {
            panic!("a success left something: {left}");
        }
    }
}

fn plain(dice: &mut Dice) -> World<Plain> {
    let mut plain = Plain::new();
    plain.rules = any_rules(dice, plain.rules);
    World::of(plain)
}

#[test]
fn any_life_ends_once_and_well() {
    live(5_000, |seed| {
        let mut dice = Dice::seeded(seed);
        lead(plain(&mut dice), dice, false);
    });
}

#[test]
fn a_life_with_as_many_faults_as_there_are_retries_ends_stored() {
    live(2_000, |seed| {
        let mut dice = Dice::seeded(seed);
        lead(plain(&mut dice), dice, true);
    });
}

#[test]
fn any_life_ends_once_and_well_in_the_language_of_companion() {
    live(1_000, |seed| lead(World::<Companion>::companion(), Dice::seeded(seed), false));
}
