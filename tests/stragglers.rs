//! Parts that are late and go out a second time, by situation.
#![cfg(not(target_arch = "wasm32"))]

mod world;

use std::time::Duration;
use upslice::core::{Config, Digests, ErrorCode, Numbers, Preparing, Retry, Rules, State, Transport, UploadId};
use world::{Cancels, How, Line, Plain, World};

const MIB: u64 = 1 << 20;

/// Six connections of 2 000 bytes a millisecond, of which the third is ten times slower.
fn one_is_slow() -> World<Plain> {
    with_rules(|_| {})
}

fn with_rules(change: impl FnOnce(&mut Rules)) -> World<Plain> {
    let mut plain = Plain::new();
    change(&mut plain.rules);
    let mut world = World::of(plain);
    world.line = Line { slow: Some((2, 0.1)), flowed: world.now, ..Line::default() };
    world
}

fn config(transport: Transport) -> Config {
    Config { part_size: Some(4 * MIB), transport, ..Config::default() }
}

/// Twelve parts, of which one is on the slow connection.
fn twelve(world: &mut World<Plain>, transport: Transport) -> UploadId {
    world.upload(48 * MIB, config(transport))
}

fn is_hedged(world: &World<Plain>, id: UploadId) -> bool {
    !world.life(id).hedged.is_empty()
}

fn assert_stored(world: &World<Plain>, id: UploadId) {
    assert!(world.life(id).is_stored(), "{:?}", world.life(id).ending);
}

fn seconds(world: &World<Plain>, id: UploadId) -> f64 {
    (world.life(id).ended_at - 1_000) as f64 / 1_000.0
}

#[test]
fn a_part_on_a_slow_connection_goes_out_again_when_nothing_else_is_left() {
    for transport in [Transport::Fetch, Transport::Xhr] {
        let mut world = one_is_slow();
        let id = twelve(&mut world, transport);
        world.run();
        assert_stored(&world, id);
        let life = world.life(id);
        // A part takes 2.1 s, and 21 s on the slow connection.
        assert_eq!((life.sends.len(), life.hedged.len(), life.cancels.len()), (13, 1, 1), "{transport:?}");
        assert!(seconds(&world, id) < 9.0, "{transport:?}: {}", seconds(&world, id));
        assert!(life.retries.is_empty());
    }
}

#[test]
fn nothing_goes_out_twice_while_another_part_waits() {
    let mut world = one_is_slow();
    let id = world.upload(200 * MIB, config(Transport::Fetch));
    world.run();
    // The rule itself is held in every life; here it is that the slow part is stored by then.
    assert!(world.life(id).sends.len() <= 51);
    assert_stored(&world, id);
}

#[test]
fn nothing_goes_out_twice_while_another_part_is_being_digested() {
    for digests in [Digests::First, Digests::Asked] {
        let mut world = with_rules(|rules| rules.digests = digests);
        // The URLs are signed for one.
        world.service.wants_digest = true;
        let id = twelve(&mut world, Transport::Fetch);
        world.run_until(|world| world.life(id).digested.len() == 10);
        // The disk takes longer over the next one than any part on its way.
        world.fault("digest", 1, How::Hold(60_000));
        world.run_until(|world| world.life(id).progress.parts_stored == 11);
        assert!(!is_hedged(&world, id), "{digests:?}");
        world.run();
        assert_stored(&world, id);
    }
}

#[test]
fn a_completion_that_is_refused_once_more_is_an_error() {
    let mut world = one_is_slow();
    world.fault("complete", 10, How::Say(400, None));
    let id = twelve(&mut world, Transport::Fetch);
    world.run();
    let life = world.life(id);
    assert_eq!(life.error().unwrap().code, ErrorCode::Rejected);
    // What went out twice is sent alone once, and no more.
    assert_eq!((life.sends.len(), life.count("complete")), (14, 2));
}

#[test]
fn equal_connections_have_no_stragglers() {
    for (transport, total) in [(Transport::Fetch, 20_000.0), (Transport::Xhr, 20_000.0), (Transport::Fetch, 3_000.0)] {
        let mut world = one_is_slow();
        world.line = Line { slow: None, total, ..world.line };
        let id = twelve(&mut world, transport);
        world.run();
        assert_eq!(world.life(id).sends.len(), 12);
    }
}

#[test]
fn the_first_request_may_win() {
    let mut world = one_is_slow();
    // Nearly there when it was taken for lost.
    world.line.slow = None;
    world.part_fault(12, 1, How::Hold(3_000));
    let id = twelve(&mut world, Transport::Fetch);
    world.run_until(|world| is_hedged(world, id));
    let second = world.life(id).sends.len();
    world.run();
    assert_stored(&world, id);
    assert_eq!((second, world.life(id).sends.len(), world.life(id).cancels.len()), (13, 13, 1));
}

#[test]
fn a_second_request_that_fails_spends_nothing_and_is_the_last() {
    for how in [How::Drop(0.5), How::Say(500, None), How::Say(403, None), How::Say(400, None)] {
        let mut world = one_is_slow();
        let id = world
            .upload(48 * MIB, Config { retry: Retry { limit: 0, ..Retry::default() }, ..config(Transport::Fetch) });
        // All twelve are out.
        world.run_until(|world| world.life(id).sends.len() == 12);
        world.fault("part", 1, how);
        world.run();
        assert_stored(&world, id);
        assert_eq!((world.life(id).sends.len(), world.life(id).retries.len()), (13, 0), "{how:?}");
        assert!(seconds(&world, id) > 20.0, "it waited for the first one");
    }
}

#[test]
fn a_first_request_that_fails_leaves_it_to_the_second() {
    let mut world = one_is_slow();
    world.line.slow = None;
    // The first time it is called back, since it only queues.
    world.part_fault(12, 2, How::Stall(0.5));
    let id = twelve(&mut world, Transport::Xhr);
    world.run();
    assert_stored(&world, id);
    assert_eq!((world.life(id).sends.len(), world.life(id).retries.len()), (13, 0));
    assert!(seconds(&world, id) < 14.0, "nobody waited for the silence to be long enough");
}

#[test]
fn a_completion_of_what_is_forgotten_sends_nothing_once_more() {
    let mut world = one_is_slow();
    let id = twelve(&mut world, Transport::Fetch);
    world.run_until(|world| world.life(id).count("complete") == 1);
    assert!(is_hedged(&world, id));
    let sends = world.life(id).sends.len();
    world.expire_session(id);
    world.run();
    let life = world.life(id);
    assert_eq!((life.error().unwrap().code, life.sends.len()), (ErrorCode::Rejected, sends));
}

#[test]
fn two_that_fail_are_one_attempt() {
    let mut world = one_is_slow();
    let id = twelve(&mut world, Transport::Fetch);
    world.run_until(|world| is_hedged(world, id) && world.life(id).in_flight() == 2);
    let part = *world.life(id).hedged.first().unwrap() + 1;
    world.go_offline(Duration::from_secs(1));
    world.run();
    assert_stored(&world, id);
    // An outage spends none at all.
    assert!(world.life(id).retries.is_empty());
    let sends = world.life(id).sends.iter().filter(|send| send.index + 1 == part).count();
    assert!(sends >= 3, "once more, and alone: no life has a part out three times at once, or twice twice");
}

#[test]
fn a_pause_cuts_both_and_a_resume_sends_one() {
    let mut world = one_is_slow();
    let id = twelve(&mut world, Transport::Xhr);
    world.run_until(|world| is_hedged(world, id) && world.life(id).in_flight() == 2);
    world.pause(id);
    assert_eq!((world.life(id).in_flight(), world.life(id).state), (0, State::Paused));
    world.run_for(Duration::from_secs(60));
    world.resume(id);
    assert_eq!(world.life(id).in_flight(), 1);
    world.run();
    assert_stored(&world, id);
}

#[test]
fn an_abort_calls_both_back() {
    let mut world = one_is_slow();
    let id = twelve(&mut world, Transport::Fetch);
    world.run_until(|world| is_hedged(world, id) && world.life(id).in_flight() == 2);
    world.abort(id);
    assert_eq!((world.life(id).in_flight(), world.life(id).cancels.len()), (0, 2));
    world.run();
    assert_eq!(world.life(id).over, Some(None));
}

/// Twelve parts, of the last of which the store keeps the request that was called back: it was stored after the other one.
fn with_the_other_request_kept(world: &mut World<Plain>) -> UploadId {
    world.line.slow = None;
    // Its answer is on its way when the other one's comes.
    world.part_fault(12, 1, How::Hold(60_000));
    world.cancels = Cancels::Never;
    let id = twelve(world, Transport::Fetch);
    world.run_until(|world| is_hedged(world, id));
    let session = world.life(id).session.clone().unwrap();
    // The store numbers its receipts: the first request's bytes are there a second time, under another name.
    world.run_until(|world| world.life(id).progress.parts_stored == 12 || world.life(id).count("complete") == 1);
    let (start, size) = (44 * MIB, 4 * MIB);
    let again = world::Ask::Put { serial: None, session, number: 12, start, size, digest: None, signed: false };
    world.store.act(0, 0, &again);
    world.run();
    assert_stored(world, id);
    id
}

#[test]
fn where_the_store_keeps_the_other_request_the_part_is_sent_once_more_alone() {
    // A function that throws says nothing: it is looked for an object, or whether the session is still open.
    let rules: [fn(&mut Rules); 4] = [
        |_| {},
        |rules| rules.api = None,
        |rules| (rules.api, rules.verifies) = (None, true),
        |rules| (rules.api, rules.watches) = (None, true),
    ];
    for change in rules {
        let mut world = with_rules(change);
        let id = with_the_other_request_kept(&mut world);
        let twelfth = world.life(id).sends.iter().filter(|send| send.index == 11).count();
        assert_eq!((twelfth, world.life(id).count("complete"), world.life(id).alone), (3, 2, 1));
    }
}

#[test]
fn a_part_that_is_sent_once_more_alone_is_not_read_again_for_its_digest() {
    let mut world = with_rules(|rules| rules.digests = Digests::First);
    let id = with_the_other_request_kept(&mut world);
    assert_eq!((world.life(id).alone, world.life(id).digested.len()), (1, 12));
}

#[test]
fn a_function_that_completes_and_throws_has_no_part_sent_again() {
    for throws in [How::Lose, How::Say(500, None)] {
        let mut world = with_rules(|rules| rules.api = None);
        world.fault("complete", 10, throws);
        let id = twelve(&mut world, Transport::Fetch);
        world.run();
        let life = world.life(id);
        assert_eq!(life.error().unwrap().code, ErrorCode::Callback, "{throws:?}");
        // What throws while the session is open may do so because of what went out twice, once.
        let (sends, completes) = if matches!(throws, How::Lose) { (13, 1) } else { (14, 2) };
        assert_eq!((life.sends.len(), life.hedged.len(), life.count("complete")), (sends, 1, completes), "{throws:?}");
    }
}

#[test]
fn nothing_is_sent_into_a_session_that_is_gone_after_a_completion_that_may_have_been_good() {
    let mut world = one_is_slow();
    world.lose_answer("complete");
    world.fault("complete", 1, How::Say(400, None));
    let id = twelve(&mut world, Transport::Fetch);
    world.run();
    let life = world.life(id);
    assert_eq!(life.error().map(|error| error.code), Some(ErrorCode::Unproven), "{:?}", life.ending);
    assert_eq!((life.sends.len(), life.hedged.len(), life.alone, life.count("list")), (13, 1, 0, 1));
}

#[test]
fn an_object_that_is_not_what_was_sent_is_told_once_and_no_part_is_sent_again() {
    let mut world = one_is_slow();
    world.fault("complete", 1, How::SayFalsely(222));
    let id = twelve(&mut world, Transport::Fetch);
    world.run();
    let life = world.life(id);
    assert_eq!(life.error().map(|error| error.code), Some(ErrorCode::Checksum), "{:?}", life.ending);
    assert_eq!((life.sends.len(), life.alone, life.ledger.session()), (13, 0, None));
}

#[test]
fn a_part_goes_out_once_where_that_is_not_harmless_or_not_wanted() {
    let rules: [fn(&mut Rules); 4] = [
        |rules| rules.numbers = Numbers::Once,
        |rules| rules.preparing = Preparing::Each,
        |rules| rules.preparing = Preparing::Nothing,
        |rules| (rules.api, rules.inspects) = (None, false),
    ];
    for change in rules {
        let mut world = with_rules(change);
        let id = twelve(&mut world, Transport::Fetch);
        world.run();
        assert_eq!(world.life(id).sends.len(), 12);
    }
    let mut world = one_is_slow();
    world.line.slow = Some((0, 0.1));
    let id = world.upload(16 * MIB, Config { concurrency: Some(1), ..config(Transport::Fetch) });
    world.run();
    assert_eq!(world.life(id).sends.len(), 4, "one at a time is what the app asked for");
}

#[test]
fn a_part_whose_url_is_over_is_not_sent_twice_with_it() {
    let mut world = one_is_slow();
    world.store.lifetime = Some(4);
    let id = twelve(&mut world, Transport::Fetch);
    world.run();
    assert_stored(&world, id);
    assert_eq!((world.life(id).hedged.len(), world.life(id).retries.len()), (0, 0));
}

#[test]
fn stragglers_cost_no_more_than_a_quarter_of_the_file() {
    let mut world = one_is_slow();
    world.line = Line { slow: None, ..world.line };
    // All of the last round are held back for long.
    (7..=12).for_each(|number| world.part_fault(number, 1, How::Hold(40_000)));
    let id = twelve(&mut world, Transport::Fetch);
    world.run();
    assert_stored(&world, id);
    assert_eq!(world.life(id).hedged.len(), 3);
}

#[test]
fn a_sleep_makes_no_straggler() {
    let mut world = one_is_slow();
    world.line.slow = None;
    let id = twelve(&mut world, Transport::Fetch);
    world.run_until(|world| world.life(id).sends.len() == 12);
    world.sleep(Duration::from_secs(600));
    world.run();
    assert_eq!(world.life(id).hedged.len(), 0);
    assert_stored(&world, id);
}

#[test]
fn a_part_that_hangs_is_a_straggler_after_a_sleep_as_well() {
    for transport in [Transport::Fetch, Transport::Xhr] {
        let mut world = one_is_slow();
        world.line.slow = None;
        world.part_fault(12, 1, How::Stall(0.5));
        let id = world.upload(48 * MIB, Config { concurrency: Some(6), ..config(transport) });
        world.run_until(|world| world.life(id).progress.parts_stored == 11);
        world.sleep(Duration::from_secs(100));
        let woken = world.now;
        world.run();
        assert_stored(&world, id);
        let life = world.life(id);
        assert_eq!((life.hedged.len(), life.retries.len()), (1, 0), "{transport:?}");
        // A part takes 2.1 s: it is late twice that after the page woke, and then goes out again.
        assert!(life.ended_at - woken < 8_000, "{transport:?}: {} ms", life.ended_at - woken);
    }
}

#[test]
fn others_come_before_stragglers() {
    let mut world = one_is_slow();
    let first = twelve(&mut world, Transport::Fetch);
    let second = world.upload(96 * MIB, config(Transport::Fetch));
    world.run_until(|world| is_hedged(world, first));
    let out: std::collections::BTreeSet<_> = world.life(second).sends.iter().map(|send| send.index).collect();
    assert_eq!(out.len(), 24, "a connection was given to a second request while the other upload had parts to send");
    world.run();
    assert_stored(&world, first);
    assert_stored(&world, second);
}
