//! What lives are made of, by chance: services, apps, lines, and what people and machines do.

use crate::world::{Cancels, Plain, Served, Service, Store, World, any_service};
use std::time::Duration;
use upslice::core::{
    Config, Dice, Digests, Input, Numbers, Origin, Preparing, Retry, Rules, Settling, Sizes, Timeouts, Transport,
    UploadId,
};

pub(crate) fn one_of<T: Copy, const N: usize>(dice: &mut Dice, things: [T; N]) -> T {
    things[usize::try_from(dice.below(N as u64)).unwrap()]
}

pub(crate) fn any_rules(dice: &mut Dice, rules: Rules) -> Rules {
    let preparing = match dice.below(5) {
        0 => Preparing::Nothing,
        1 => Preparing::Tickets { batch: 1 },
        2 => Preparing::Each,
        _ => Preparing::Tickets { batch: 50 },
    };
    let api = one_of(dice, [Some("https://api.example"), Some("https://store.example"), None]);
    // Without tickets, parts go where the API is.
    let api = api.or((preparing == Preparing::Nothing).then_some("https://api.example"));
    let settling = (dice.below(4) == 0).then(|| Settling {
        batch: one_of(dice, [1, 3, 10]),
        within: Duration::from_millis(one_of(dice, [0, 500, 2_000])),
    });
    Rules {
        preparing,
        digests: one_of(dice, [Digests::Never, Digests::Never, Digests::First, Digests::Asked, Digests::Expected]),
        numbers: if dice.below(4) == 0 { Numbers::Once } else { Numbers::Reusable },
        sizes: if dice.below(5) == 0 { Sizes::Theirs } else { Sizes::Ours },
        most_at_once: one_of(dice, [None, None, None, Some(2)]),
        settling,
        completes: settling.is_none(),
        watches: settling.is_some() || dice.below(4) == 0,
        inspects: dice.below(3) > 0,
        verifies: dice.below(3) == 0,
        discards: dice.below(5) > 0,
        api: api.map(Origin::new),
        ..rules
    }
}

pub(crate) fn any_config(dice: &mut Dice) -> Config {
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

pub(crate) fn any_line<S: Service>(dice: &mut Dice, world: &mut World<S>) {
    world.line.latency = dice.below(150);
    world.line.per_connection = 1.0 + dice.below(4_000) as f64;
    world.line.total = 10.0 + dice.below(8_000) as f64;
    world.line.swallows = dice.below(3) == 0;
    if world.line.per_connection > 200.0 {
        let mut dice = Dice::seeded(world.line.per_connection as u64 ^ world.line.latency);
        let factor = one_of(&mut dice, [0.05, 0.1, 0.3]);
        world.line.slow = (dice.below(2) == 0).then(|| (usize::try_from(dice.below(6)).unwrap(), factor));
    }
    world.line.connections = if dice.below(5) == 0 { 100 } else { 6 };
    world.cancels = match dice.below(4) {
        0 => Cancels::Promptly,
        1 => Cancels::Late(dice.below(5_000)),
        2 => Cancels::Never,
        _ => Cancels::Any(Dice::seeded(dice.throw())),
    };
    world.lateness = if dice.below(8) == 0 { dice.below(60_000) } else { 0 };
    world.echoes = (dice.below(3) == 0).then(|| Dice::seeded(dice.throw()));
    world.store.idempotent = dice.below(2) == 0;
    if !world.store.idempotent {
        // One that refuses a second completion, and hides what became of the first, cannot be understood.
        world.store.hides = 0;
    }
    world.store.lifetime = one_of(dice, [Some(300), Some(15), Some(3_600), None]);
    world.store.skew = one_of(dice, [0, 0, 3_600_000, -3_600_000]);
}

/// What people and machines do.
pub(crate) fn anything<S: Service>(dice: &mut Dice, world: &mut World<S>, ids: &mut [UploadId]) {
    let at = usize::try_from(dice.below(ids.len() as u64)).unwrap();
    let id = ids[at];
    match dice.below(30) {
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
        19..=22 if world.life(id).ending.is_none() => ids[at] = world.crash(id, lost(dice)),
        23 => world.expire_session(id),
        24 => world.token_dies(),
        // Only a service that tells sizes lets anybody see that.
        25 if world.service.rules().inspects && world.service.rules().settling.is_none() => world.misfit(id),
        _ => {}
    }
}

/// What the journal had not yet written when the page went.
fn lost(dice: &mut Dice) -> Duration {
    Duration::from_millis(one_of(dice, [0, 100, 250]))
}

/// What must not keep an upload from its good end.
pub(crate) fn anything_mild<S: Service>(dice: &mut Dice, world: &mut World<S>, ids: &mut [UploadId], storms: &mut u32) {
    let at = usize::try_from(dice.below(ids.len() as u64)).unwrap();
    let id = ids[at];
    let once = world.service.rules().numbers == Numbers::Once;
    match dice.below(12) {
        0 | 1 => {
            world.pause(id);
            world.run_for(Duration::from_millis(dice.below(5_000)));
            world.resume(id);
        }
        2..=4 if world.life(id).ending.is_none() => ids[at] = world.crash(id, lost(dice)),
        5 => world.tell(id, Input::Online),
        // It may outlast the URL of a part, which costs a session where that part's number may not be used again.
        6 if once && *storms == 0 => {}
        6 => {
            *storms -= u32::from(once);
            world.sleep(Duration::from_millis(dice.below(4_000_000)));
        }
        7 => world.skew = one_of(dice, [0, 3_600_000, -3_600_000]),
        // Each of these may cost an attempt, of which there are few.
        8..=10 if *storms > 0 => {
            *storms -= 1;
            match dice.below(3) {
                // Two in a row are one too many.
                0 if *storms > 0 => {}
                0 => world.token_dies(),
                // A sleep may have cost a session just before.
                1 if once => {}
                1 => world.expire_urls(),
                // Where functions create sessions, nothing waits the outage out before the next one is begun.
                _ if world.service.rules().api.is_none() && once => {}
                _ => world.go_offline(Duration::from_millis(dice.below(20_000))),
            }
        }
        _ => {}
    }
}

/// A service of no language, with rules of any kind.
pub(crate) fn plain(dice: &mut Dice) -> World<Plain> {
    let mut plain = Plain::new();
    plain.rules = any_rules(dice, plain.rules);
    plain.wants_digest = dice.below(2) == 0;
    let rules = plain.rules.clone();
    let mut world = World::of(plain);
    if rules.sizes == Sizes::Theirs {
        world.store.part_size = Some(1 << (12 + dice.below(8)));
    }
    world.store.refuses_digests = dice.below(4) == 0;
    world.store.forbids_digests = dice.below(4) == 0;
    world.store.reports = rules.settling.is_some();
    world.store.lists_unreported = dice.below(2) == 0;
    world.store.page = one_of(dice, [None, Some(1), Some(5)]);
    world.store.batches = dice.below(4) > 0;
    world.store.works = u32::try_from(dice.below(4)).unwrap();
    world
}

/// A service in its own language, by its adapter.
pub(crate) fn served(kind: &str, dice: &mut Dice) -> World<Served> {
    let mut store = Store::new();
    let service = any_service(kind, dice, &mut store);
    let mut world = World::of(service);
    world.store = store;
    world
}
