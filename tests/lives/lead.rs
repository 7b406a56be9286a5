//! Leads a life from its beginning to its judgement.

use crate::chance::{any_config, any_line, anything, anything_mild, one_of};
use crate::judge;
use crate::world::{Chaos, Line, Service, World};
use std::time::Duration;
use upslice::core::{Dice, Digests, ErrorCode, Numbers, Preparing, Retry, Rules, Sizes, Timeouts, UploadId};

/// The time after which a life without further faults must be over, however unlucky it was.
const LONG_ENOUGH: u64 = 24 * 3_600_000;

/// One life. Says how many stragglers had a second request in it. A gentle one has no more faults than there are attempts, and must end stored.
pub(crate) fn lead<S: Service>(mut world: World<S>, mut dice: Dice, gentle: bool) -> usize {
    any_line(&mut dice, &mut world);
    let once = world.service.rules().numbers == Numbers::Once;
    if gentle && once {
        // Patience grows with every session, of which there are few.
        world.line.per_connection += 100.0;
        world.line.total += 1_000.0;
        // That a digest is refused costs a session, too.
        world.store.refuses_digests = false;
    }
    let rules = world.service.rules();
    if once || rules.preparing == Preparing::Each || rules.digests != Digests::First {
        // That a preflight forbids one cannot be told from an outage there, or it cannot go without.
        world.store.forbids_digests = false;
    }
    let percent = one_of(&mut dice, [0, 2, 10, 30]);
    let until = world.now + 1_000 + dice.below(600_000);
    world.cuts_reloads = gentle;
    let mut storms = if gentle { one_of(&mut dice, [0, 0, 1, 2]) } else { 0 };
    let budget = match (gentle, once) {
        (false, _) => u32::MAX,
        (true, false) => 5 - 2 * storms,
        // Each may cost a session, of which there are four.
        (true, true) => 3 - storms,
    };
    let deadly = !gentle && dice.below(2) == 0;
    world.chaos = Some(Chaos { dice: Dice::seeded(dice.throw()), percent, until, budget, deadly });
    let mut ids = begin(&mut world, &mut dice, gentle);
    for _ in 0..dice.below(12) {
        let scale = dice.below(18);
        world.run_for(Duration::from_millis(dice.below(1 << scale)));
        if gentle {
            anything_mild(&mut dice, &mut world, &mut ids, &mut storms);
        } else {
            anything(&mut dice, &mut world, &mut ids);
        }
    }
    ids.iter().for_each(|id| world.resume(*id));
    let after = world.now.max(until);
    world.run();
    for id in &ids {
        let life = world.life(*id);
        assert!(life.ended_at < after + LONG_ENOUGH, "{id:?} took until {}", life.ended_at);
        judge::wastes_nothing(&world, *id);
        if gentle {
            judge::is_stored_or_cannot_be_told(&world, *id);
        }
    }
    let aborted = pick_up(&mut world, &mut dice, &ids);
    for (id, life) in judge::last(&world) {
        let was_aborted = aborted.contains(&id) || life.error().is_some_and(|error| error.code == ErrorCode::Aborted);
        assert!(!was_aborted || life.over.is_some(), "{id:?} was aborted and is never over");
        assert!(!life.is_stored() || life.over.is_some(), "{id:?} is stored, and never over");
    }
    judge::leaves_nothing(&world);
    judge::is_stored_once(&world);
    world.lives.values().map(|life| life.hedged.len()).sum()
}

fn begin<S: Service>(world: &mut World<S>, dice: &mut Dice, gentle: bool) -> Vec<UploadId> {
    let mut ids = Vec::new();
    let takes_nothing = world.service.rules().limits.empty_parts.is_none();
    for _ in 0..=dice.below(3) {
        let mut config = any_config(dice);
        if gentle {
            config.retry = Retry::default();
            config.timeouts = Timeouts::default();
        }
        let parts = dice.below(30);
        let part_size = world.store.part_size.or(config.part_size).unwrap_or_default();
        let size = dice.below(1 + part_size * parts).max(u64::from(takes_nothing));
        if world.service.rules().sizes == Sizes::Theirs {
            config.part_size = None;
        }
        ids.push(world.upload(size, config));
        world.run_for(Duration::from_millis(dice.below(2_000)));
    }
    ids
}

/// What failed can be removed, or taken up, and goes on from what is stored. Says what was removed.
fn pick_up<S: Service>(world: &mut World<S>, dice: &mut Dice, ids: &[UploadId]) -> Vec<UploadId> {
    let mut aborted = Vec::new();
    for &id in ids {
        if world.life(id).error().is_none_or(|error| error.code == ErrorCode::Aborted) {
            continue;
        }
        if dice.below(2) == 0 {
            remove(world, id);
            aborted.push(id);
        } else {
            take_up(world, id);
        }
    }
    aborted
}

/// Nothing goes wrong any more.
fn calm<S: Service>(world: &mut World<S>) {
    world.chaos = None;
    world.lateness = 0;
    world.line = Line { flowed: world.now, ..Line::default() };
    world.go_online();
    world.store.omitted.clear();
}

/// Where the service can remove what is stored, an abort removes it, and says so.
fn remove<S: Service>(world: &mut World<S>, id: UploadId) {
    calm(world);
    if world.life(id).over.is_some() {
        return; // It was aborted before, as well as that went.
    }
    let session = world.life(id).session.clone().filter(|session| world.store.is_open(session));
    world.abort(id);
    world.run();
    if let Some(session) = session.filter(|_| world.service.rules().discards) {
        assert!(!world.store.is_open(&session), "{id:?} was aborted, and {session:?} is still there");
        let life = world.life(id);
        assert!(
            life.over == Some(None) || life.restarts > 0,
            "{id:?} was aborted, and {session:?} is gone: {:?}",
            life.over
        );
    }
}

fn is_unproven<S: Service>(world: &World<S>, id: UploadId) -> bool {
    world.life(id).error().is_some_and(|error| error.code == ErrorCode::Unproven)
}

fn take_up<S: Service>(world: &mut World<S>, id: UploadId) {
    calm(world);
    world.store.expire_urls();
    let rules = world.service.rules();
    let missing = missing(world, id);
    let was_closing = world.life(id).ledger.is_closing();
    let mut again = world.retry(id);
    world.run();
    // Whether a session that was being completed when it was let go was completed or forgotten is for nobody to say: that
    // is told once, and then it begins anew.
    let is_told = rules.inspects || rules.watches || rules.verifies;
    let may_be_completed = is_unproven(world, again) && was_closing && (missing.is_none() || !is_told);
    let is_failed = world.life(again).error().is_some();
    // So it is with a last report, where that completes.
    let may_be_reported = is_failed && missing.is_none() && !rules.completes;
    if may_be_completed || may_be_reported {
        again = world.retry(again);
        world.run();
    }
    let life = world.life(again);
    if missing.is_none() && !rules.inspects && rules.api.is_none() {
        return; // What a function throws does not say that the session is gone.
    }
    if world.store.signs_missing && life.config.retry.limit == 0 {
        return; // No session may be given up for another one, not even one whose receipts are lost.
    }
    if life.unchecked && rules.numbers == Numbers::Once {
        return; // That a digest was refused costs a session and all that was in it, if one may be given up.
    }
    assert!(life.is_stored(), "taking it up failed: {:?}", life.ending);
    // What went with a digest that the service does not take goes again without, and one to find that out.
    let refused = if life.unchecked { life.failed_sends + life.probes } else { 0 };
    // A straggler goes out twice, and once more if the completion is refused.
    let again = life.hedged.len() + life.alone;
    let (sent, missing) = (life.sends.len() - refused - again, missing.unwrap_or(usize::MAX));
    assert!(sent <= missing, "{sent} parts were sent, {missing} were missing");
}

/// How many parts must be sent to go on; nothing if there is nothing to go on from.
fn missing<S: Service>(world: &World<S>, id: UploadId) -> Option<usize> {
    let (rules, life) = (world.service.rules(), world.life(id));
    let (session, _) = life.ledger.session()?;
    let session = world.service.name(session);
    if !world.store.is_open(&session) {
        return None;
    }
    let there = world.store.stored(&session);
    let receipts: Vec<_> = life.ledger.clone().into_receipts().iter().map(|(index, _)| index + 1).collect();
    let known = match &rules {
        Rules { inspects: true, settling: Some(_), .. } => {
            world.store.listed(&session).filter(|number| receipts.contains(number)).count()
        }
        // A part whose checksum nobody knows counts for nothing where each is needed.
        Rules { inspects: true, digests: Digests::First, .. } => {
            let counts = |number: &&u32| receipts.contains(number) || world.store.has_digest(&session, **number);
            there.iter().filter(counts).count()
        }
        Rules { inspects: true, .. } => there.len(),
        _ => receipts.len(),
    };
    let parts = life.plan.parts() as usize;
    // Where no number may be used twice, what is not whole is sent anew; so it is where URLs are signed for what is
    // missing only, and a receipt of what is not is missing, too.
    let anew = rules.numbers == Numbers::Once
        || (world.store.signs_missing && there.iter().any(|number| !receipts.contains(number)));
    // A receipt that was reckoned may be another one than the service has.
    let may_be_wrong = rules.reckons && !world.store.digests;
    Some(match &rules {
        _ if may_be_wrong => parts + parts,
        _ if !anew || known == parts => parts - known,
        Rules { numbers: Numbers::Once, .. } => parts,
        // That is found out when they are all that is missing.
        _ => parts + parts - known,
    })
}
