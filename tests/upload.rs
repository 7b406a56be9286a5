//! Situations, by name.
#![cfg(not(target_arch = "wasm32"))]

mod world;

use std::time::Duration;
use upslice::core::{
    Carrier, Change, Config, Dice, ErrorCode, Input, Ledger, Numbers, Origin, Preparing, Retry, Rules, State, Timeouts,
    Transport, Upload, UploadId,
};
use world::{Cancels, Ending, Gift, How, Life, Line, Plain, Served, Service, World};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// At the defaults, with parts of so many bytes.
fn parts_of(bytes: u64) -> Config {
    Config { part_size: Some(bytes), ..Config::default() }
}

fn carried_by(transport: Transport, bytes: u64) -> Config {
    Config { transport, ..parts_of(bytes) }
}

/// A world whose service has other rules.
fn world_with(change: impl FnOnce(&mut Rules)) -> World<Plain> {
    let mut plain = Plain::new();
    change(&mut plain.rules);
    World::of(plain)
}

fn code<K: Clone + std::fmt::Debug + PartialEq>(life: &Life<K>) -> ErrorCode {
    life.error().unwrap_or_else(|| panic!("it ended otherwise: {:?}", life.ending)).code
}

fn assert_stored<S: Service>(world: &World<S>, id: UploadId) {
    assert!(world.life(id).is_stored(), "{:?}", world.life(id).ending);
    assert_eq!(world.life(id).over, Some(None));
}

fn assert_nothing_left<S: Service>(world: &World<S>) {
    assert_eq!(world.store.told_and_open(), Vec::<&str>::new());
}

/// The most parts that are in flight at once while `during` says so.
fn most_in_flight<S: Service>(world: &mut World<S>, id: UploadId, during: impl Fn(&World<S>) -> bool) -> usize {
    let mut most = 0;
    while during(world) && world.step(u64::MAX) {
        most = most.max(world.life(id).in_flight());
    }
    most
}

mod pausing {
    use super::*;

    #[test]
    fn late_answer_after_pause_is_ignored() {
        let mut world = World::plain();
        world.cancels = Cancels::Never;
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).in_flight() == 3);
        world.pause(id);
        world.run_for(seconds(20));
        assert_eq!(world.life(id).state, State::Paused);
        assert_eq!(world.store.stored("up/0 +?&=\u{1f980}").len(), 3, "the answers did come");
        assert_eq!(world.life(id).progress.parts_stored, 0);
        world.resume(id);
        world.run();
        assert_stored(&world, id);
        assert_eq!(world.life(id).sends.len(), 6);
    }

    #[test]
    fn pausing_and_resuming_twice_is_once() {
        let mut world = World::plain();
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).in_flight() == 3);
        for _ in 0..2 {
            world.pause(id);
            world.run_for(seconds(5));
        }
        for _ in 0..2 {
            world.resume(id);
        }
        world.run();
        assert_stored(&world, id);
        let paused = world.life(id).states.iter().filter(|(_, state)| *state == State::Paused).count();
        assert_eq!((paused, world.life(id).sends.len()), (1, 6));
    }

    #[test]
    fn resuming_what_is_not_paused_changes_nothing() {
        let mut world = World::plain();
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.resume(id);
        world.run_until(|world| world.life(id).in_flight() == 3);
        world.resume(id);
        world.run();
        assert_stored(&world, id);
        assert_eq!(world.life(id).sends.len(), 3);
    }

    #[test]
    fn a_pause_lets_parts_through_whose_numbers_may_not_be_used_again() {
        let mut world = world_with(|rules| rules.numbers = Numbers::Once);
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).in_flight() == 6);
        world.pause(id);
        world.run_for(seconds(60));
        assert_eq!((world.life(id).progress.parts_stored, world.life(id).cancels.len()), (6, 0));
        world.resume(id);
        world.run();
        assert_eq!(world.life(id).sends.len(), 12);
        assert_stored(&world, id);
    }

    #[test]
    fn a_pause_before_the_start_holds_everything_back() {
        let mut world = World::plain();
        let id = world.add(MIB, parts_of(MIB), Ledger::default());
        world.pause(id);
        world.tell(id, Input::Start);
        world.run_for(seconds(1_000));
        assert_eq!((world.life(id).state, world.life(id).count("create")), (State::Paused, 0));
        world.resume(id);
        world.run();
        assert_stored(&world, id);
    }

    #[test]
    fn a_pause_may_last_longer_than_any_timeout() {
        let mut world = World::plain();
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).in_flight() == 6);
        world.go_offline(seconds(10));
        world.run_for(seconds(5));
        world.pause(id);
        world.run_for(seconds(86_400));
        world.resume(id);
        world.run();
        assert_stored(&world, id);
        assert_eq!(world.life(id).retries.len(), 0);
    }
}

mod aborting {
    use super::*;

    fn abort_when(world: &mut World<Plain>, is_so: impl Fn(&Life<Gift>) -> bool) -> UploadId {
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run_until(|world| is_so(world.life(id)));
        world.abort(id);
        world.abort(id);
        assert_eq!((code(world.life(id)), world.life(id).state), (ErrorCode::Aborted, State::Aborted));
        world.run();
        id
    }

    fn runs(life: &Life<Gift>, role: &str) -> bool {
        life.running.values().any(|running| running.role == role)
    }

    #[test]
    fn abort_while_queued_asks_for_nothing() {
        let mut world = World::plain();
        let id = world.add(MIB, parts_of(MIB), Ledger::default());
        world.abort(id);
        world.tell(id, Input::Start);
        world.run();
        assert_eq!((code(world.life(id)), &world.life(id).over), (ErrorCode::Aborted, &Some(None)));
        assert!(world.life(id).runs.is_empty());
    }

    #[test]
    fn create_answer_after_abort_is_discarded() {
        let mut world = World::plain();
        let id = abort_when(&mut world, |life| runs(life, "create"));
        assert_eq!((world.life(id).count("abort"), &world.life(id).over), (1, &Some(None)));
        assert_nothing_left(&world);
    }

    #[test]
    fn a_create_that_never_answers_after_abort_may_have_left_something() {
        for how in [How::Lose, How::SayFalsely(502)] {
            let mut world = World::plain();
            world.fault("create", 1, how);
            let id = abort_when(&mut world, |life| runs(life, "create"));
            assert!(matches!(&world.life(id).over, Some(Some(left)) if left.contains("may hold")), "{how:?}");
        }
    }

    #[test]
    fn abort_after_a_create_that_was_not_answered_may_have_left_something() {
        for how in [How::Lose, How::Mute, How::SayFalsely(502)] {
            // It is tried again, or it is not.
            for then in [How::Say(503, Some(30)), How::Say(400, None)] {
                let mut world = World::plain();
                world.fault("create", 1, how);
                world.fault("create", 1, then);
                let id = world.upload(3 * MIB, parts_of(MIB));
                world.run_until(|world| world.life(id).count("create") == 2 && world.life(id).running.is_empty());
                world.abort(id);
                world.run();
                let over = &world.life(id).over;
                assert!(matches!(over, Some(Some(left)) if left.contains("may hold")), "{how:?} {then:?} {over:?}");
            }
        }
        let mut world = World::plain();
        world.lose_answer("create");
        let id = abort_when(&mut world, |life| life.in_flight() == 6);
        assert_eq!(world.life(id).over, Some(None), "it has a session, and that is removed");
    }

    #[test]
    fn abort_between_two_tries_to_create() {
        let mut world = World::plain();
        world.fault("create", 1, How::Say(503, Some(30)));
        let id = abort_when(&mut world, |life| life.retries.len() == 1);
        assert_eq!((world.life(id).count("create"), &world.life(id).over), (1, &Some(None)));
    }

    #[test]
    fn abort_while_signing_sending_and_completing_leaves_nothing() {
        for role in ["sign", "part", "complete"] {
            for cancels in [Cancels::Promptly, Cancels::Late(2_000), Cancels::Never] {
                let mut world = World::plain();
                world.cancels = cancels;
                // A completion that comes too late: it is cancelled before it takes effect.
                world.fault("complete", 1, How::Stall(0.0));
                let id = abort_when(&mut world, |life| runs(life, role));
                assert_eq!(world.life(id).over, Some(None), "{role}");
                assert_eq!(world.life(id).ledger, Ledger::default());
                assert_nothing_left(&world);
            }
        }
    }

    #[test]
    fn a_removal_waits_for_what_was_in_flight() {
        let mut world = World::plain();
        world.cancels = Cancels::Late(2_000);
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).in_flight() == 6);
        let from = world.now;
        world.abort(id);
        world.run();
        assert_eq!(world.life(id).runs["abort"][0], from + 2_000);
    }

    #[test]
    fn abort_during_a_completion_that_takes_effect_says_so() {
        let mut world = World::plain();
        world.fault("complete", 1, How::Mute);
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run_until(|world| runs(world.life(id), "complete"));
        world.run_for(seconds(1));
        world.abort(id);
        world.run();
        assert!(matches!(&world.life(id).over, Some(Some(left)) if left.contains("being completed")));
    }

    #[test]
    fn abort_after_a_completion_that_is_unproven_says_so() {
        let mut world = world_with(|rules| rules.inspects = false);
        world.lose_answer("complete");
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Unproven);
        world.abort(id);
        world.run();
        let over = &world.life(id).over;
        assert!(matches!(over, Some(Some(left)) if left.contains("may be stored")), "{over:?}");
    }

    #[test]
    fn abort_after_a_completion_that_was_answered_with_anything_but_a_refusal_says_so() {
        for how in [How::Garble, How::SayFalsely(222)] {
            let mut world = World::plain();
            world.fault("complete", 1, how);
            let id = world.upload(3 * MIB, parts_of(MIB));
            world.run();
            assert!(world.life(id).error().is_some());
            world.abort(id);
            world.run();
            let over = &world.life(id).over;
            assert!(matches!(over, Some(Some(left)) if left.contains("may be stored")), "{how:?} {over:?}");
        }
    }

    #[test]
    fn abort_after_a_completion_that_was_refused_says_nothing_of_it() {
        let mut world = World::plain();
        world.fault("complete", 1, How::Say(400, None));
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        world.abort(id);
        world.run();
        assert_eq!(world.life(id).over, Some(None));
    }

    #[test]
    fn abort_after_a_creation_that_was_answered_by_somebody_else_says_what_may_be_left() {
        for how in [How::Garble, How::SayFalsely(503)] {
            let mut world = World::plain();
            world.break_for_good("create", how);
            let config = Config { retry: Retry { limit: 0, ..Retry::default() }, ..parts_of(MIB) };
            let id = world.upload(3 * MIB, config);
            world.run();
            world.abort(id);
            world.run();
            let over = &world.life(id).over;
            assert!(matches!(over, Some(Some(left)) if left.contains("may hold an empty upload")), "{how:?} {over:?}");
        }
    }

    #[test]
    fn abort_of_what_an_earlier_visit_was_completing_says_so() {
        for starts in [false, true] {
            let mut world = World::plain();
            world.fault("complete", 1, How::Mute);
            let before = world.upload(3 * MIB, parts_of(MIB));
            world.run_until(|world| runs(world.life(before), "complete"));
            world.run_for(seconds(1));
            let ledger = world.life(before).ledger.clone();
            world.page.remove(world.moment(), before);
            let id = world.add(3 * MIB, parts_of(MIB), ledger);
            if starts {
                world.tell(id, Input::Start);
            }
            world.abort(id);
            world.run_until(|world| world.life(id).over.is_some());
            let over = &world.life(id).over;
            assert!(matches!(over, Some(Some(left)) if left.contains("may be stored")), "{over:?}");
        }
    }

    #[test]
    fn a_part_that_arrives_after_the_removal_is_removed_as_well() {
        let mut world = World::plain();
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).in_flight() == 6);
        world.abort(id);
        world.run_until(|world| world.life(id).count("list") == 1);
        world.store.haunt("up/0 +?&=\u{1f980}", 3, 0, MIB);
        world.run();
        assert_eq!((world.life(id).count("abort"), &world.life(id).over), (2, &Some(None)));
        assert_nothing_left(&world);
    }

    #[test]
    fn abort_after_the_end_changes_nothing() {
        let mut world = World::plain();
        let id = world.upload(MIB, parts_of(MIB));
        world.run();
        world.abort(id);
        world.run();
        assert_stored(&world, id);
        assert_eq!(world.life(id).count("abort"), 0);
    }

    #[test]
    fn abort_after_a_failure_removes_what_is_stored() {
        let mut world = World::plain();
        world.part_fault(9, 1, How::Say(400, None));
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run();
        assert_eq!((code(world.life(id)), &world.life(id).over), (ErrorCode::Rejected, &None));
        world.abort(id);
        world.run();
        assert_eq!((code(world.life(id)), &world.life(id).over), (ErrorCode::Rejected, &Some(None)));
        assert_nothing_left(&world);
    }

    #[test]
    fn what_the_service_cannot_remove_is_told_once() {
        let mut world = world_with(|rules| rules.discards = false);
        let id = abort_when(&mut world, |life| life.in_flight() == 6);
        assert!(matches!(&world.life(id).over, Some(Some(left)) if left.contains("no way to remove")));
        assert_eq!(world.life(id).count("abort"), 0);
    }

    #[test]
    fn a_removal_is_tried_again_in_silence() {
        let mut world = World::plain();
        world.fault("abort", 2, How::Say(503, None));
        let id = abort_when(&mut world, |life| life.in_flight() == 6);
        assert_eq!((world.life(id).count("abort"), world.life(id).retries.len()), (3, 0));
        assert_nothing_left(&world);
    }

    #[test]
    fn a_removal_is_believed_where_a_backend_says_no_more_of_what_is_gone_than_that_something_went_wrong() {
        let mut world = World::plain();
        world.break_for_good("list", How::Say(500, None));
        let id = abort_when(&mut world, |life| life.in_flight() == 6);
        let life = world.life(id);
        assert_eq!((life.count("abort"), life.count("list"), &life.over), (1, 1, &Some(None)));
    }

    #[test]
    fn an_upload_that_bears_no_outage_removes_what_is_stored_all_the_same() {
        let mut world = World::plain();
        let timeouts = Timeouts { outage: Duration::ZERO, ..Timeouts::default() };
        let id = world.upload(12 * MIB, Config { timeouts, ..parts_of(MIB) });
        world.run_until(|world| world.life(id).in_flight() == 6);
        world.abort(id);
        world.run();
        assert_eq!(world.life(id).over, Some(None));
        assert_nothing_left(&world);
    }

    #[test]
    fn abort_after_a_long_outage_does_not_wait_for_the_next_knock() {
        let mut world = World::plain();
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).in_flight() == 6);
        world.go_offline(seconds(120));
        world.run_for(seconds(119));
        world.go_online();
        let from = world.now;
        world.abort(id);
        world.run_until(|world| world.life(id).over.is_some());
        assert!(world.now - from < 1_000, "it took {} ms", world.now - from);
        assert_nothing_left(&world);
    }

    #[test]
    fn a_create_that_takes_for_ever_after_an_abort_is_not_waited_for() {
        let mut world = World::plain();
        world.fault("create", 1, How::Stall(0.0));
        let timeouts = Timeouts { response: None, function: None, ..Timeouts::default() };
        let id = world.upload(MIB, Config { timeouts, ..parts_of(MIB) });
        world.run_for(seconds(1));
        world.abort(id);
        world.run_for(seconds(3_600));
        assert!(matches!(&world.life(id).over, Some(Some(left)) if left.contains("may hold")));
    }

    #[test]
    fn a_sleep_does_not_count_as_time_that_a_removal_had() {
        let mut world = World::plain();
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).in_flight() == 6);
        world.abort(id);
        world.run_for(Duration::from_millis(5));
        world.sleep(seconds(600));
        world.run();
        assert_eq!(world.life(id).over, Some(None));
        assert_nothing_left(&world);
    }

    #[test]
    fn a_sleep_is_counted_once_although_something_is_thrown_away_that_is_gone_already() {
        let mut world = World::plain();
        let gone = world.upload(MIB, parts_of(MIB));
        world.run();
        world.page.remove(world.moment(), gone);
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).in_flight() == 6);
        world.go_offline(seconds(100_000));
        let from = world.now;
        world.abort(id);
        world.run_for(seconds(1));
        world.sleep(seconds(600));
        world.page.remove(world.moment(), gone);
        world.run_until(|world| world.life(id).over.is_some());
        assert!(world.now - from < 690_000, "{}", world.now - from);
    }

    #[test]
    fn a_removal_that_does_not_succeed_within_a_minute_is_told() {
        let mut world = World::plain();
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).in_flight() == 6);
        world.go_offline(seconds(600));
        let from = world.now;
        world.abort(id);
        world.run_until(|world| world.life(id).over.is_some());
        assert_eq!(world.now - from, 60_000);
        assert!(matches!(&world.life(id).over, Some(Some(left)) if left.contains("could not be reached")));
    }
}

mod completing {
    use super::*;

    #[test]
    fn a_completion_that_did_not_arrive_is_sent_again_once_the_list_says_so() {
        let mut world = World::plain();
        world.fault("complete", 1, How::Drop(0.0));
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        assert_eq!((world.life(id).count("list"), world.life(id).count("complete")), (1, 2));
    }

    #[test]
    fn a_lost_answer_is_cleared_up_by_completing_again_where_the_store_answers_twice() {
        let mut world = World::plain();
        world.lose_answer("complete");
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        assert_eq!((world.life(id).count("list"), world.life(id).count("complete")), (1, 2));
    }

    #[test]
    fn a_lost_answer_is_unproven_where_the_session_is_gone() {
        let mut world = World::plain();
        world.store.idempotent = false;
        world.lose_answer("complete");
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Unproven);
    }

    #[test]
    fn a_lost_answer_is_unproven_where_nobody_can_be_asked() {
        let mut world = world_with(|rules| rules.inspects = false);
        world.lose_answer("complete");
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_eq!((code(world.life(id)), world.life(id).count("complete")), (ErrorCode::Unproven, 1));
    }

    #[test]
    fn a_lost_answer_is_cleared_up_by_verifying() {
        let mut world = world_with(|rules| rules.verifies = true);
        world.lose_answer("complete");
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        assert_eq!((world.life(id).count("verify"), world.life(id).count("complete")), (1, 1));
    }

    #[test]
    fn an_object_of_another_size_is_not_what_was_read() {
        let mut world = world_with(|rules| rules.verifies = true);
        world.store.says_size = Some(MIB);
        world.lose_answer("complete");
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Checksum);
    }

    #[test]
    fn an_object_of_another_size_is_told_once() {
        let mut world = world_with(|rules| rules.verifies = true);
        world.store.says_size = Some(MIB);
        world.lose_answer("complete");
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        world.store.says_size = None;
        let again = world.retry(id);
        world.run();
        assert_stored(&world, again);
        assert_eq!(world.life(again).count("create"), 1);
    }

    #[test]
    fn a_completion_that_never_went_out_because_the_file_was_gone_is_not_in_doubt() {
        let mut world = World::plain();
        world.fault("complete", 1, How::Fail(world::Fails::FileChanged));
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_eq!((code(world.life(id)), world.life(id).ledger.is_closing()), (ErrorCode::FileChanged, false));
        assert!(world.life(id).ledger.session().is_some());
        // The drive is plugged in again.
        let again = world.retry(id);
        world.run();
        assert_stored(&world, again);
        assert_eq!(world.life(again).sends.len(), 0);
    }

    #[test]
    fn an_object_that_is_not_there_is_completed_again() {
        for inspects in [true, false] {
            let mut world = world_with(|rules| (rules.verifies, rules.inspects) = (true, inspects));
            world.fault("complete", 1, How::Drop(0.0));
            let id = world.upload(3 * MIB, parts_of(MIB));
            world.run();
            assert_stored(&world, id);
            assert_eq!((world.life(id).count("verify"), world.life(id).count("complete")), (1, 2));
        }
    }

    #[test]
    fn a_gateway_that_lies_is_not_believed() {
        let mut world = World::plain();
        world.fault("complete", 2, How::SayFalsely(502));
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        let mut world = World::plain();
        world.store.idempotent = false;
        world.fault("complete", 1, How::SayFalsely(502));
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Unproven);
    }

    #[test]
    fn a_completion_that_is_refused_after_a_gateway_lied_is_verified() {
        let completing = |how: [Option<How>; 2]| {
            let mut world = world_with(|rules| rules.verifies = true);
            world.store.idempotent = false;
            how.into_iter().flatten().for_each(|how| world.fault("complete", 1, how));
            let id = world.upload(3 * MIB, parts_of(MIB));
            world.run();
            (world, id)
        };
        let (world, id) = completing([Some(How::SayFalsely(502)), None]);
        assert_stored(&world, id);
        assert_eq!((world.life(id).count("verify"), world.life(id).count("complete")), (1, 2));
        // There is nothing: it was refused for a reason of its own.
        let (world, id) = completing([Some(How::Say(502, None)), Some(How::Say(400, None))]);
        assert_eq!((code(world.life(id)), world.life(id).count("verify")), (ErrorCode::Rejected, 1));
    }

    /// An upload whose completion took effect and was not answered; what is asked then is answered so.
    fn asked(change: impl FnOnce(&mut Rules), role: &'static str, status: u16) -> (World<Plain>, UploadId) {
        let mut world = world_with(change);
        world.store.idempotent = false;
        world.lose_answer("complete");
        world.break_for_good(role, How::Say(status, None));
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        (world, id)
    }

    fn assert_unproven<S: Service>(world: &World<S>, id: UploadId, status: u16) {
        let error = world.life(id).error().unwrap_or_else(|| panic!("{:?}", world.life(id).ending));
        assert_eq!((error.code, error.status), (ErrorCode::Unproven, Some(status)), "{error}");
        for words in ["completing the upload: no answer", "the service said Fault", "check whether it is stored"] {
            assert!(error.message.contains(words), "{error}");
        }
    }

    fn rules_that_ask(role: &str) -> impl FnOnce(&mut Rules) {
        let (inspects, verifies, watches) = (role == "list", role == "verify", role == "status");
        move |rules| (rules.inspects, rules.verifies, rules.watches) = (inspects, verifies, watches)
    }

    #[test]
    fn a_lost_answer_is_unproven_where_the_question_meets_trouble_and_the_next_try_asks_again() {
        for role in ["list", "verify", "status"] {
            for status in [502, 503, 401, 403] {
                let (mut world, id) = asked(rules_that_ask(role), role, status);
                assert_unproven(&world, id, status);
                assert!(world.life(id).ledger.is_closing(), "{role} {status}");
                world.mend();
                world.store.idempotent = true;
                let again = world.retry(id);
                world.run();
                assert_stored(&world, again);
                let life = world.life(again);
                assert_eq!((life.sends.len(), life.count("create")), (0, 0), "{role} {status}");
            }
        }
    }

    #[test]
    fn a_lost_answer_is_unproven_once_where_the_question_is_refused() {
        for role in ["verify", "status"] {
            for status in [400, 404, 405] {
                let (mut world, id) = asked(rules_that_ask(role), role, status);
                assert_unproven(&world, id, status);
                world.mend();
                let again = world.retry(id);
                world.run();
                assert_stored(&world, again);
                assert_eq!((world.life(again).sends.len(), world.life(again).count("create")), (3, 1));
            }
        }
    }

    #[test]
    fn a_lost_answer_is_cleared_up_by_completing_again_where_parts_cannot_be_listed() {
        for (status, lists) in [(400, 1), (405, 1), (500, 6)] {
            let mut world = World::plain();
            world.lose_answer("complete");
            world.break_for_good("list", How::Say(status, None));
            let id = world.upload(3 * MIB, parts_of(MIB));
            world.run();
            assert_stored(&world, id);
            assert_eq!((world.life(id).count("list"), world.life(id).count("complete")), (lists, 2), "{status}");
            // A store that does not answer twice says that the session is gone.
            let (mut world, id) = asked(|_| {}, "list", status);
            assert_eq!((code(world.life(id)), world.life(id).count("complete")), (ErrorCode::Unproven, 2), "{status}");
            world.mend();
            let again = world.retry(id);
            world.run();
            assert_stored(&world, again);
            assert_eq!(world.life(again).sends.len(), 3);
        }
    }

    #[test]
    fn a_lost_answer_is_unproven_where_completing_again_meets_trouble() {
        for status in [502, 503, 401] {
            let mut world = World::plain();
            world.lose_answer("complete");
            world.break_for_good("complete", How::Say(status, None));
            let id = world.upload(3 * MIB, parts_of(MIB));
            world.run();
            assert_unproven(&world, id, status);
            world.mend();
            let again = world.retry(id);
            world.run();
            assert_stored(&world, again);
            assert_eq!((world.life(again).sends.len(), world.life(again).count("create")), (0, 0));
        }
    }

    #[test]
    fn taking_up_what_was_being_completed_is_unproven_where_the_list_meets_trouble() {
        for status in [502, 503, 401, 403] {
            let mut world = World::plain();
            world.lose_answer("complete");
            let before = world.upload(3 * MIB, parts_of(MIB));
            world.run_until(|world| world.life(before).count("complete") == 1);
            world.break_for_good("list", How::Say(status, None));
            let id = world.reload(before);
            world.run();
            let error = world.life(id).error().unwrap();
            assert_eq!((error.code, error.status), (ErrorCode::Unproven, Some(status)), "{error}");
            assert!(error.message.contains("listing the stored parts: the service said Fault"), "{error}");
            world.mend();
            let again = world.retry(id);
            world.run();
            assert_stored(&world, again);
            assert_eq!(world.life(again).count("create"), 0);
        }
    }

    #[test]
    fn an_outage_while_what_was_being_completed_is_listed_is_unproven() {
        let mut world = World::plain();
        world.lose_answer("complete");
        let before = world.upload(3 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(before).count("complete") == 1);
        world.go_offline(seconds(100_000));
        let id = world.reload(before);
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Unproven);
        assert!(world.life(id).ledger.is_closing());
    }

    #[test]
    fn a_list_that_throws_after_a_lost_answer_is_still_the_functions_error() {
        let mut world = World::plain();
        world.lose_answer("complete");
        world.fault("list", 1, How::Fail(world::Fails::Callback));
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Callback);
    }

    #[test]
    fn answers_that_are_lost_for_ever_are_unproven() {
        let mut world = world_with(|rules| rules.verifies = true);
        world.break_for_good("complete", How::Drop(0.0));
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_eq!((code(world.life(id)), world.life(id).count("complete")), (ErrorCode::Unproven, 6));
    }

    #[test]
    fn being_offline_after_the_answer_was_lost_is_unproven() {
        let mut world = World::plain();
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).state == State::Completing);
        world.go_offline(seconds(100_000));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Unproven);
    }

    #[test]
    fn completing_may_take_long_even_after_an_outage() {
        let mut world = World::plain();
        world.fault("complete", 1, How::Drop(0.0));
        world.fault("complete", 1, How::Hold(500_000));
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        assert_eq!(world.life(id).count("complete"), 2);
    }

    #[test]
    fn an_outage_that_was_over_does_not_count_for_the_next_one() {
        let mut world = World::plain();
        world.fault("complete", 1, How::Drop(0.0));
        world.fault("list", 1, How::Drop(0.0));
        world.fault("complete", 1, How::Hold(500_000));
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).count("complete") == 2);
        world.run_for(seconds(400));
        world.go_offline(seconds(10));
        world.run();
        assert_stored(&world, id);
    }

    #[test]
    fn a_completion_under_way_is_not_given_up_because_of_another_uploads_outage() {
        let mut world = World::plain();
        world.fault("complete", 1, How::Hold(500_000));
        let slow = world.upload(3 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(slow).state == State::Completing);
        world.fault("create", 1, How::Drop(0.0));
        let other = world.upload(3 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(slow).state == State::Offline);
        world.abort(other);
        world.run();
        assert_stored(&world, slow);
    }

    #[test]
    fn a_session_that_was_never_in_doubt_and_is_gone_is_rejected() {
        let mut world = World::plain();
        world.fault("complete", 1, How::Say(404, None));
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Rejected);
    }
}

mod patience {
    use super::*;

    #[test]
    fn retry_after_is_honoured_to_the_second() {
        let mut world = World::plain();
        world.slow_down(1, Some(7));
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).retries.len() == 1);
        let (asked, _, _, delay) = world.life(id).retries[0].clone();
        assert!(delay >= 7_000);
        world.run();
        assert_stored(&world, id);
        let early = world.life(id).sends.iter().filter(|send| send.at > asked && send.at < asked + 7_000);
        assert_eq!(early.count(), 0, "no part goes to an origin that asked for patience");
        let took = world.life(id).ended_at - asked;
        assert!((7_000..12_000).contains(&took), "{took}");
    }

    #[test]
    fn retry_after_is_honoured_by_the_api_too() {
        for role in ["create", "sign", "complete"] {
            let mut world = World::plain();
            world.fault(role, 1, How::Say(503, Some(7)));
            let id = world.upload(3 * MIB, parts_of(MIB));
            world.run();
            assert_stored(&world, id);
            let runs = &world.life(id).runs[role];
            assert!(runs[1] - runs[0] >= 7_000, "{role}");
        }
    }

    #[test]
    fn an_api_that_asks_one_upload_for_patience_is_given_it_by_the_others() {
        for role in ["create", "sign", "complete"] {
            let mut world = World::plain();
            world.fault(role, 1, How::Say(503, Some(7)));
            let told = world.upload(3 * MIB, parts_of(MIB));
            world.run_until(|world| world.life(told).retries.len() == 1);
            let asked = world.now;
            let other = world.upload(3 * MIB, parts_of(MIB));
            world.run();
            let began = world.life(other).runs["create"][0];
            assert!((asked + 7_000..asked + 7_100).contains(&began), "{role}: {began} after {asked}");
            assert_stored(&world, told);
            assert_stored(&world, other);
            assert_eq!(world.life(other).retries.len(), 0);
        }
    }

    #[test]
    fn an_api_that_asks_for_patience_holds_no_part_to_the_store_back() {
        let mut world = World::plain();
        let other = world.upload(100 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(other).sends.len() > 6);
        world.fault("create", 1, How::Say(429, Some(7)));
        let told = world.upload(3 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(told).retries.len() == 1);
        let asked = world.now;
        world.run_for(seconds(7));
        assert!(world.life(other).sends.iter().filter(|send| send.at > asked).count() > 6);
        world.run();
        assert_stored(&world, other);
    }

    #[test]
    fn an_abort_removes_what_is_stored_while_the_api_is_given_its_time() {
        let mut world = World::plain();
        world.fault("complete", 1, How::Say(503, Some(200)));
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).retries.len() == 1);
        let from = world.now;
        world.abort(id);
        world.run_until(|world| world.life(id).over.is_some());
        assert!(world.now < from + 5_000);
        assert_nothing_left(&world);
    }

    #[test]
    fn patience_that_one_upload_does_not_have_holds_no_other_one_up() {
        let mut world = World::plain();
        world.fault("create", 1, How::Say(503, Some(301)));
        let told = world.upload(3 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(told).ending.is_some());
        let other = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, other);
        assert!(world.life(other).ended_at < 20_000);
    }

    #[test]
    fn patience_beyond_the_outage_timeout_is_not_had() {
        for role in ["create", "sign", "part", "complete"] {
            let mut world = World::plain();
            world.fault(role, 1, How::Say(503, Some(301)));
            let id = world.upload(3 * MIB, parts_of(MIB));
            world.run();
            assert_eq!(code(world.life(id)), ErrorCode::Server, "{role}");
            assert!(world.life(id).ended_at < 10_000);
        }
    }

    #[test]
    fn six_refusals_of_one_moment_are_one_slow_down_and_successes_climb_back() {
        let mut world = World::plain();
        world.slow_down(6, Some(1));
        let id = world.upload(60 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).retries.len() == 6);
        let slow = most_in_flight(&mut world, id, |world| world.life(id).progress.parts_stored < 2);
        assert_eq!(slow, 3);
        let later = most_in_flight(&mut world, id, |world| world.life(id).ending.is_none());
        assert!((6..=12).contains(&later), "{later}: six, or twice as many to see whether they pay");
        assert_stored(&world, id);
    }

    #[test]
    fn a_silent_part_takes_one_from_what_may_be_in_flight() {
        let mut world = world_with(|rules| rules.preparing = Preparing::Nothing);
        world.line.per_connection = 100.0;
        world.stall(1);
        let id = world.upload(40 * MIB, carried_by(Transport::Xhr, MIB));
        world.run_until(|world| world.life(id).retries.len() == 1);
        // A round of five gives it back.
        let round = world.life(id).progress.parts_stored + 5;
        assert_eq!(most_in_flight(&mut world, id, |world| world.life(id).progress.parts_stored < round - 1), 5);
        assert_eq!(most_in_flight(&mut world, id, |world| world.life(id).ending.is_none()), 6);
        assert_stored(&world, id);
    }

    #[test]
    fn a_server_that_never_recovers_is_a_server_error_after_the_last_retry() {
        for (role, attempts) in [("create", 6), ("sign", 6), ("part", 6), ("complete", 6)] {
            let mut world = World::plain();
            world.break_for_good(role, How::Say(500, None));
            let id = world.upload(MIB, parts_of(MIB));
            world.run();
            assert_eq!((code(world.life(id)), world.life(id).count(role)), (ErrorCode::Server, attempts), "{role}");
            assert_eq!(world.life(id).error().and_then(|error| error.status), Some(500));
        }
    }
}

mod signing {
    use super::*;

    #[test]
    fn requests_that_fail_together_spend_one_attempt() {
        for how in [How::Say(500, None), How::Say(503, Some(2)), How::Mute, How::Drop(0.5)] {
            let mut world = World::plain();
            world.store.batches = false;
            let id = world.upload(8 * MIB, parts_of(MIB));
            world.run_until(|world| world.life(id).count("sign") == 1);
            world.fault("sign", 6, how);
            world.run();
            assert_stored(&world, id);
            assert!(world.life(id).retries.len() <= 1, "{how:?}: {:?}", world.life(id).retries);
        }
        let mut world = World::plain();
        world.store.batches = false;
        world.break_for_good("sign", How::Say(500, None));
        let id = world.upload(8 * MIB, parts_of(MIB));
        world.run();
        assert_eq!((code(world.life(id)), world.life(id).retries.len()), (ErrorCode::Server, 5));
    }

    #[test]
    fn a_request_that_goes_out_the_moment_another_has_failed_spends_its_own_attempt() {
        let mut world = World::plain();
        world.break_for_good("sign", How::Say(500, None));
        let retry = Retry { limit: 2, min_delay: Duration::ZERO, max_delay: Duration::ZERO };
        let id = world.upload(3 * MIB, Config { retry, ..parts_of(MIB) });
        world.run();
        assert_eq!((code(world.life(id)), world.life(id).count("sign")), (ErrorCode::Server, 3));
        let mut world = World::plain();
        world.break_for_good("sign", How::Say(401, None));
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_eq!((code(world.life(id)), world.life(id).count("sign")), (ErrorCode::Unauthorized, 2));
    }

    #[test]
    fn a_token_that_dies_under_many_requests_is_mended_once_for_all_of_them() {
        let mut world = World::plain();
        world.store.batches = false;
        let id = world.upload(8 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).running.values().filter(|running| running.role == "sign").count() == 6);
        world.run_for(Duration::from_millis(1));
        world.token_dies();
        world.run();
        assert_stored(&world, id);
        let mut world = World::plain();
        world.store.batches = false;
        world.break_for_good("sign", How::Say(401, None));
        let id = world.upload(8 * MIB, parts_of(MIB));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Unauthorized);
    }

    #[test]
    fn an_expired_url_is_signed_anew_without_spending() {
        let mut world = World::plain();
        let config = Config { retry: Retry { limit: 0, ..Retry::default() }, ..parts_of(MIB) };
        let id = world.upload(12 * MIB, config);
        world.run_until(|world| {
            world.life(id).count("sign") == 1 && world.life(id).running.is_empty() || world.life(id).in_flight() > 0
        });
        world.expire_urls();
        world.run();
        assert_stored(&world, id);
        assert_eq!(world.life(id).retries.len(), 0);
        assert!(world.life(id).count("sign") <= 3, "{}", world.life(id).count("sign"));
    }

    #[test]
    fn two_fresh_urls_that_are_refused_as_well_are_unauthorized() {
        let mut world = World::plain();
        world.part_fault(1, 2, How::Say(403, None));
        let id = world.upload(MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        assert_eq!((world.life(id).count("sign"), world.life(id).sends.len()), (3, 3));
        let mut world = World::plain();
        world.refuse(u32::MAX);
        let id = world.upload(MIB, parts_of(MIB));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Unauthorized);
        assert_eq!((world.life(id).count("sign"), world.life(id).sends.len()), (3, 3));
    }

    #[test]
    fn urls_that_were_over_when_they_arrived_say_nothing_about_fresh_ones() {
        let mut world = World::plain();
        world.store.lifetime = Some(1);
        world.line.latency = 1_500;
        let id = world.upload(MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).sends.len() == 4);
        world.store.lifetime = Some(300);
        world.run();
        assert_stored(&world, id);
    }

    #[test]
    fn urls_that_are_over_whenever_they_are_used_end_it() {
        let mut world = World::plain();
        world.store.lifetime = Some(1);
        world.line.latency = 1_500;
        world.refuse(u32::MAX);
        let id = world.upload(MIB, parts_of(MIB));
        world.run_for(seconds(3_600));
        assert_eq!(code(world.life(id)), ErrorCode::Unauthorized);
    }

    #[test]
    fn urls_that_are_said_to_live_for_no_time_are_tried_all_the_same() {
        let mut world = World::plain();
        world.store.says_lifetime = Some(0);
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run_for(seconds(3_600));
        assert_stored(&world, id);
        assert!(world.life(id).count("sign") <= 12, "{}", world.life(id).count("sign"));
    }

    #[test]
    fn no_answer_twice_on_one_url_has_it_signed_anew() {
        for (drops, signed) in [(1, 1), (2, 2), (3, 2), (4, 3)] {
            let mut world = World::plain();
            world.drop_next(drops);
            let id = world.upload(MIB, parts_of(MIB));
            world.run();
            assert_stored(&world, id);
            assert_eq!(world.life(id).count("sign"), signed, "after {drops}");
        }
    }

    #[test]
    fn no_answer_near_the_end_of_a_url_has_it_signed_anew() {
        let mut world = World::plain();
        world.store.lifetime = Some(30);
        let rate = MIB as f64 / 28_000.0;
        world.line.per_connection = rate;
        world.part_fault(1, 1, How::Drop(1.0));
        let id = world.upload(MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        assert_eq!((world.life(id).count("sign"), world.life(id).sends.len()), (2, 2));
    }

    #[test]
    fn ten_thousand_parts_are_signed_in_batches() {
        let mut world = World::plain();
        let id = world.upload(10_000 * KIB, parts_of(KIB));
        world.run();
        assert_stored(&world, id);
        assert!(world.life(id).count("sign") <= 500, "{}", world.life(id).count("sign"));
    }

    #[test]
    fn parts_that_a_batch_leaves_out_are_asked_for_again() {
        let mut world = World::plain();
        world.store.omitted = [2].into();
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        assert_eq!(world.life(id).count("sign"), 2);
    }

    #[test]
    fn parts_that_are_never_signed_are_a_protocol_error() {
        let mut world = World::plain();
        world.store.omitted = [2, 5].into();
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Protocol);
        assert!(world.life(id).count("sign") <= 4);
    }

    #[test]
    fn a_backend_that_cannot_sign_batches_is_asked_one_by_one() {
        let mut world = World::plain();
        world.store.batches = false;
        let id = world.upload(30 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        assert_eq!((world.life(id).count("sign"), world.life(id).retries.len()), (31, 0));
    }

    #[test]
    fn a_backend_that_is_asked_one_by_one_keeps_six_connections_busy() {
        let mut world = World::plain();
        world.store.batches = false;
        let id = world.upload(60 * MIB, parts_of(MIB));
        assert!(most_in_flight(&mut world, id, |world| world.life(id).ending.is_none()) >= 6);
    }

    #[test]
    fn urls_that_grow_stale_in_hand_are_signed_anew_and_nothing_hangs() {
        for concurrency in [None, Some(1)] {
            let mut world = World::plain();
            world.store.lifetime = Some(15);
            world.line.total = 100.0;
            let id = world.upload(20 * MIB, Config { concurrency, ..parts_of(MIB / 2) });
            world.run();
            assert_stored(&world, id);
            assert_eq!(world.life(id).retries.len(), 0);
            assert!(world.life(id).count("sign") <= 40, "{}", world.life(id).count("sign"));
        }
    }

    #[test]
    fn an_hour_between_the_clocks_is_no_reason_to_sign_for_ever() {
        for (page, service) in [(3_600_000, 0), (-3_600_000, 0), (0, 3_600_000), (0, -3_600_000)] {
            let mut world = World::plain();
            (world.skew, world.store.skew) = (page, service);
            // Long enough for URLs to grow stale, if they were thought to.
            world.line.total = 1_000.0;
            let id = world.upload(60 * MIB, parts_of(MIB));
            world.run();
            assert_stored(&world, id);
            assert_eq!(world.life(id).count("sign"), 2, "{page} {service}");
        }
    }

    #[test]
    fn a_wall_clock_that_jumps_costs_a_signature_and_no_more() {
        let mut world = World::plain();
        let id = world.upload(60 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).progress.parts_stored == 6);
        world.skew = 3_600_000;
        world.run_until(|world| world.life(id).progress.parts_stored == 24);
        world.skew = -3_600_000;
        world.run();
        assert_stored(&world, id);
        assert!(world.life(id).count("sign") <= 6, "{}", world.life(id).count("sign"));
    }

    #[test]
    fn a_wall_clock_that_is_set_back_makes_no_url_live_longer() {
        let mut world = World::plain();
        let id = world.upload(MIB, parts_of(MIB));
        // More often than URLs may be refused.
        for _ in 0..4 {
            world.run_until(|world| world.life(id).in_flight() == 1);
            world.pause(id);
            world.skew -= 3_600_000;
            world.run_for(seconds(400));
            world.resume(id);
        }
        world.run();
        assert_stored(&world, id);
        assert_eq!(world.life(id).failed_sends, 0, "URLs that were over were used");
    }
}

mod outages {
    use super::*;

    #[test]
    fn an_outage_that_ends_spends_no_attempt() {
        for transport in [Transport::Fetch, Transport::Xhr] {
            let mut world = World::plain();
            let config = Config { retry: Retry { limit: 0, ..Retry::default() }, ..carried_by(transport, MIB) };
            let id = world.upload(60 * MIB, config);
            world.run_until(|world| world.life(id).in_flight() == 6);
            world.go_offline(seconds(200));
            world.run();
            assert_stored(&world, id);
            assert!(world.life(id).states.iter().any(|(_, state)| *state == State::Offline));
        }
    }

    #[test]
    fn an_outage_among_answers_spends_no_attempt() {
        for stored in 1..12 {
            let mut world = World::plain();
            let config = Config { retry: Retry { limit: 0, ..Retry::default() }, ..parts_of(MIB) };
            let id = world.upload(60 * MIB, config);
            world.run_until(|world| world.life(id).progress.parts_stored == stored);
            // The others in flight began before the origin answered last.
            world.go_offline(seconds(20));
            world.run();
            assert_stored(&world, id);
            assert_eq!(world.life(id).retries, []);
        }
    }

    #[test]
    fn a_part_that_is_cut_among_answers_each_time_spends_its_attempts() {
        let mut world = World::plain();
        world.part_fault(4, u32::MAX, How::Drop(0.5));
        let id = world.upload(2000 * MIB, parts_of(MIB));
        world.run();
        let error = world.life(id).error().unwrap();
        assert_eq!((error.code, error.part, error.attempts), (ErrorCode::Network, Some(3), Some(6)));
        assert!(world.life(id).progress.parts_stored < 2000 - 6, "the others were still being answered");
    }

    #[test]
    fn an_outage_fails_as_network_after_the_outage_timeout_and_not_before() {
        for transport in [Transport::Fetch, Transport::Xhr] {
            let mut world = World::plain();
            let id = world.upload(60 * MIB, carried_by(transport, MIB));
            world.run_until(|world| world.life(id).in_flight() == 6);
            let from = world.now;
            world.go_offline(seconds(100_000));
            world.run();
            assert_eq!(code(world.life(id)), ErrorCode::Network);
            let took = world.life(id).ended_at - from;
            assert!((300_000..316_000).contains(&took), "{took}");
            assert_eq!(world.life(id).retries.len(), 0);
            // One that knocks at least every fifteen seconds, and not much more often.
            assert!((20..40).contains(&(world.life(id).sends.len() + world.life(id).count("sign"))));
        }
    }

    #[test]
    fn a_store_that_never_answers_beside_an_api_that_does_is_not_waited_for_endlessly() {
        for api in ["https://api.example", "https://store.example"] {
            for how in [How::Drop(0.0), How::Drop(0.5)] {
                for transport in [Transport::Fetch, Transport::Xhr] {
                    let mut world = world_with(|rules| rules.api = Some(Origin::new(api)));
                    world.break_for_good("part", how);
                    let id = world.upload(20 * MIB, carried_by(transport, MIB));
                    let from = world.now;
                    world.run();
                    assert_eq!(code(world.life(id)), ErrorCode::Network);
                    assert!(world.life(id).ended_at - from < 330_000, "{api} {how:?} {}", world.life(id).ended_at);
                }
            }
        }
    }

    #[test]
    fn the_state_does_not_flicker_while_one_part_knocks() {
        let mut world = World::plain();
        let id = world.upload(MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).in_flight() == 1);
        world.go_offline(seconds(100));
        world.run_for(seconds(90));
        for _ in 0..20 {
            world.tell(id, Input::Tick);
            world.run_for(Duration::from_millis(997));
            if world.life(id).ending.is_some() {
                break;
            }
        }
        world.run();
        assert_stored(&world, id);
        let offline = world.life(id).states.iter().filter(|(_, state)| *state == State::Offline).count();
        // Once because of the part, once because of the URL that is then asked for.
        assert!(offline <= 2, "{:?}", world.life(id).states);
    }

    #[test]
    fn an_outage_is_over_for_every_part_when_one_of_them_is_asked_for_patience() {
        let mut world = World::plain();
        let id = world.upload(6 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).in_flight() == 6);
        world.go_offline(seconds(30));
        world.run_for(seconds(29));
        // That and the outage together are longer than an outage is borne.
        world.slow_down(1, Some(290));
        world.run();
        assert_stored(&world, id);
    }

    #[test]
    fn a_large_part_that_goes_on_after_an_outage_is_not_given_up() {
        for transport in [Transport::Fetch, Transport::Xhr] {
            let mut world = World::plain();
            world.line.total = 100.0;
            let id = world.upload(128 * MIB, carried_by(transport, 64 * MIB));
            world.run_until(|world| world.life(id).in_flight() == 2);
            world.go_offline(seconds(3));
            world.run();
            assert_stored(&world, id);
            assert_eq!(world.life(id).retries.len(), 0);
        }
    }

    #[test]
    fn an_upload_waits_while_another_ones_part_finds_out() {
        let mut world = World::plain();
        world.line.total = 100.0;
        let large = world.upload(64 * MIB, carried_by(Transport::Fetch, 64 * MIB));
        world.run_until(|world| world.life(large).in_flight() == 1);
        let small = world.upload(2 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(small).in_flight() == 2);
        world.go_offline(seconds(3));
        world.run();
        assert_stored(&world, large);
        assert_stored(&world, small);
    }

    #[test]
    fn an_upload_does_not_wait_for_another_ones_silent_request_to_find_out() {
        let mut world = World::plain();
        world.fault("create", 1, How::Drop(0.0));
        world.fault("create", 1, How::Stall(0.0));
        let first = world.upload(MIB, parts_of(MIB));
        world.run_until(|world| world.life(first).count("create") == 2);
        let second = world.upload(MIB, parts_of(MIB));
        let from = world.now;
        world.run_until(|world| world.life(second).ending.is_some());
        assert_stored(&world, second);
        assert!(world.now - from < 20_000, "it took {} ms", world.now - from);
        world.run();
        assert_stored(&world, first);
    }

    #[test]
    fn an_upload_is_given_up_in_its_time_although_another_ones_request_is_silent_for_ever() {
        let mut world = World::plain();
        world.fault("create", 1, How::Drop(0.0));
        world.fault("create", 1, How::Stall(0.0));
        let timeouts = Timeouts { response: None, ..Timeouts::default() };
        let silent = world.upload(MIB, Config { timeouts, ..parts_of(MIB) });
        world.run_until(|world| world.life(silent).count("create") == 2);
        world.break_for_good("create", How::Drop(0.0));
        let other = world.upload(MIB, parts_of(MIB));
        let from = world.now;
        world.run_for(seconds(1_000));
        assert_eq!(code(world.life(other)), ErrorCode::Network);
        let waited = world.life(other).ended_at - from;
        assert!((300_000..320_000).contains(&waited), "{waited}");
        assert!(world.life(silent).ending.is_none(), "an app may wait for ever");
    }

    #[test]
    fn an_upload_that_starts_in_an_outage_of_others_sees_for_itself() {
        let mut world = World::plain();
        world.go_offline(seconds(100));
        let first = world.upload(MIB, parts_of(MIB));
        world.run_for(seconds(101));
        assert_eq!(world.life(first).state, State::Offline);
        let config = Config { timeouts: Timeouts { outage: seconds(1), ..Timeouts::default() }, ..parts_of(MIB) };
        let second = world.upload(MIB, config);
        world.run();
        assert_stored(&world, first);
        assert_stored(&world, second);
    }

    #[test]
    fn a_network_that_swallows_everything_ends_it_too() {
        for transport in [Transport::Fetch, Transport::Xhr] {
            let mut world = World::plain();
            world.line.swallows = true;
            let id = world.upload(20 * MIB, carried_by(transport, MIB));
            world.run_until(|world| world.life(id).in_flight() == 6);
            let from = world.now;
            world.go_offline(seconds(1_000_000));
            world.run();
            assert_eq!(code(world.life(id)), ErrorCode::Timeout);
            assert!(world.life(id).ended_at - from < 4_000_000);
        }
    }

    #[test]
    fn the_browsers_word_that_the_network_is_back_is_taken_at_once() {
        let mut world = World::plain();
        let id = world.upload(MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).in_flight() == 1);
        world.go_offline(seconds(100));
        world.run_for(seconds(101));
        assert_eq!(world.life(id).state, State::Offline);
        let sends = world.life(id).count("part") + world.life(id).count("sign");
        world.tell(id, Input::Online);
        assert_eq!(world.life(id).count("part") + world.life(id).count("sign"), sends + 1);
    }

    #[test]
    fn a_network_that_is_not_quite_back_when_the_browser_says_so_is_tried_again_soon() {
        let mut world = World::plain();
        let id = world.upload(MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).in_flight() == 1);
        world.go_offline(seconds(100));
        world.run_for(seconds(99));
        // It has an address and no names yet.
        world.tell(id, Input::Online);
        world.run_until(|world| world.life(id).ending.is_some());
        assert_stored(&world, id);
        assert!(world.now < 105_000, "it took until {} ms", world.now);
    }

    #[test]
    fn whoever_starts_resumes_or_aborts_knocks_beside_a_request_that_is_silent() {
        type Act = fn(&mut World<Plain>, UploadId);
        let acts: [(&str, Act); 3] = [
            ("create", |world, id| world.tell(id, Input::Start)),
            ("create", |world, id| world.resume(id)),
            ("abort", |world, id| world.abort(id)),
        ];
        for (at, (role, act)) in acts.into_iter().enumerate() {
            let mut world = World::plain();
            // Both have a part of their life behind them, or none.
            let other = world.add(MIB, parts_of(MIB), Ledger::default());
            match at {
                0 => {}
                1 => {
                    world.pause(other);
                    world.tell(other, Input::Start);
                }
                _ => {
                    world.part_fault(1, 1, How::Say(400, None));
                    world.tell(other, Input::Start);
                    world.run_until(|world| world.life(other).ending.is_some());
                    world.run_for(seconds(1));
                }
            }
            let before = world.life(other).count(role);
            world.fault("create", 1, How::Drop(0.0));
            world.fault("create", 1, How::Stall(0.0));
            let silent = world.upload(MIB, parts_of(MIB));
            world.run_until(|world| world.life(silent).count("create") == 2);
            world.run_for(seconds(1));
            act(&mut world, other);
            assert_eq!(world.life(other).count(role), before + 1, "{role}");
            world.run();
            assert_stored(&world, silent);
        }
    }

    #[test]
    fn a_request_that_is_silent_does_not_keep_others_from_a_network_that_is_back() {
        let mut world = World::plain();
        world.fault("create", 2, How::Drop(0.0));
        world.fault("create", 1, How::Stall(0.0));
        let ids = [world.upload(MIB, parts_of(MIB)), world.upload(MIB, parts_of(MIB))];
        world.run_until(|world| ids.iter().map(|id| world.life(*id).count("create")).sum::<usize>() == 3);
        let from = world.now;
        world.tell(ids[0], Input::Online);
        world.run_until(|world| ids.iter().any(|id| world.life(*id).ending.is_some()));
        assert!(world.now - from < 5_000, "it took {} ms", world.now - from);
        world.run();
        ids.iter().for_each(|id| assert_stored(&world, *id));
    }
}

mod silence {
    use super::*;

    /// 100 kB/s, shared by all.
    fn slow_line() -> Line {
        Line { total: 100.0, per_connection: 100.0, latency: 150, ..Line::default() }
    }

    #[test]
    fn a_healthy_slow_link_is_never_cut() {
        for transport in [Transport::Fetch, Transport::Xhr] {
            for (size, part) in [(48 * MIB, 8 * MIB), (120 * MIB, 8 * MIB), (16 * MIB, 16 * MIB)] {
                let mut world = World::plain();
                world.line = slow_line();
                let id = world.upload(size, carried_by(transport, part));
                world.run();
                assert_stored(&world, id);
                assert_eq!(world.life(id).cancels.len(), 0, "{transport:?} {part}");
                assert_eq!(world.life(id).retries.len(), 0, "{transport:?} {part}");
            }
        }
    }

    #[test]
    fn a_healthy_slow_link_is_not_cut_where_api_and_parts_share_an_origin() {
        let mut world = world_with(|rules| {
            rules.api = Some(Origin::new("https://store.example"));
            rules.preparing = Preparing::Tickets { batch: 1 };
        });
        world.line = slow_line();
        let ids = [48, 60, 100].map(|size| world.upload(size * MIB, parts_of(8 * MIB)));
        world.run();
        for id in ids {
            assert_stored(&world, id);
            assert_eq!((world.life(id).cancels.len(), world.life(id).retries.len()), (0, 0));
        }
    }

    #[test]
    fn requests_queued_behind_parts_are_not_thought_stalled() {
        let mut world = world_with(|rules| rules.api = Some(Origin::new("https://store.example")));
        world.line = slow_line();
        let first = world.upload(48 * MIB, parts_of(8 * MIB));
        world.run_until(|world| world.life(first).in_flight() == 6);
        world.run_for(seconds(1));
        let second = world.upload(8 * MIB, parts_of(8 * MIB));
        world.run();
        for id in [first, second] {
            assert_stored(&world, id);
            assert_eq!((world.life(id).cancels.len(), world.life(id).retries.len()), (0, 0));
        }
        assert!(world.life(second).states[1].0 > 400_000, "it did queue: {:?}", world.life(second).states);
    }

    #[test]
    fn a_stalled_part_is_cut_after_fifteen_seconds_where_its_bytes_are_seen() {
        let mut world = World::plain();
        world.part_fault(2, 1, How::Stall(0.5));
        world.line.socket = 0;
        let id = world.upload(24 * MIB, carried_by(Transport::Xhr, 8 * MIB));
        world.run_until(|world| world.life(id).cancels.len() == 1);
        let stalled = world.now;
        assert!((15_000..18_500).contains(&(stalled - 1_000)), "{stalled}");
        let (_, error, attempt, _) = world.life(id).retries[0].clone();
        assert_eq!((error.code, attempt), (ErrorCode::Timeout, 1));
        world.run();
        assert_stored(&world, id);
    }

    #[test]
    fn a_stalled_part_is_cut_after_a_minute_where_nothing_is_seen() {
        let mut world = World::plain();
        world.part_fault(2, 1, How::Stall(0.5));
        let id = world.upload(24 * MIB, carried_by(Transport::Fetch, 8 * MIB));
        world.run_until(|world| world.life(id).cancels.len() == 1);
        let (at, _) = world.life(id).cancels[0];
        let sent = world.life(id).sends[1].at;
        assert_eq!(at - sent, 60_000);
        world.run();
        assert_stored(&world, id);
    }

    #[test]
    fn each_stall_doubles_the_patience_with_its_part() {
        for (transport, first) in [(Transport::Fetch, 60_000), (Transport::Xhr, 15_000)] {
            let mut world = World::plain();
            world.line.socket = 0;
            world.part_fault(1, u32::MAX, How::Stall(0.5));
            let id = world.upload(16 * MIB, carried_by(transport, 8 * MIB));
            world.run();
            assert_eq!(code(world.life(id)), ErrorCode::Timeout);
            let sends = world.life(id).sends.iter().filter(|send| send.index == 0).map(|send| send.at);
            let waits: Vec<_> = sends.zip(world.life(id).cancels.iter()).map(|(sent, (cut, _))| cut - sent).collect();
            assert_eq!(waits.len(), 6);
            for (nth, wait) in waits.iter().enumerate() {
                let least = first << nth;
                assert!((least..least + 3_500).contains(wait), "{waits:?}");
            }
        }
    }

    #[test]
    fn a_limit_that_another_uploads_end_moves_into_the_past_is_still_kept() {
        let mut world = World::plain();
        world.fault("part", 2, How::Stall(0.0));
        world.cancels = Cancels::Late(100_000_000);
        let patient = world.upload(16 * MIB, carried_by(Transport::Fetch, 16 * MIB));
        let timeouts = Timeouts { stall: Some(seconds(200)), ..Timeouts::default() };
        let retry = Retry { limit: 0, ..Retry::default() };
        let brief = world.upload(160 * MIB, Config { timeouts, retry, ..carried_by(Transport::Xhr, 160 * MIB) });
        world.run();
        assert_eq!(code(world.life(brief)), ErrorCode::Timeout);
        assert_stored(&world, patient);
        assert!(world.life(patient).ended_at < 2_000_000, "{}", world.life(patient).ended_at);
    }

    #[test]
    fn an_answer_that_does_not_come_after_the_last_byte_is_waited_for_a_minute() {
        let mut world = World::plain();
        world.part_fault(1, 1, How::Mute);
        let id = world.upload(MIB, carried_by(Transport::Xhr, MIB));
        world.run();
        assert_stored(&world, id);
        let (at, _) = world.life(id).cancels[0];
        assert!((60_000..61_000).contains(&(at - world.life(id).sends[0].at)));
    }

    #[test]
    fn a_request_to_the_api_that_never_answers_is_tried_again() {
        for (role, limit) in [("create", 60_000), ("sign", 60_000), ("complete", 600_000)] {
            let mut world = World::plain();
            world.fault(role, 1, How::Stall(0.0));
            let id = world.upload(3 * MIB, parts_of(MIB));
            world.run();
            assert_stored(&world, id);
            let (at, _) = world.life(id).cancels[0];
            assert_eq!(at - world.life(id).runs[role][0], limit, "{role}");
        }
    }

    #[test]
    fn silence_that_is_never_to_end_an_attempt_never_does() {
        let mut world = World::plain();
        let timeouts = Timeouts { stall: None, ..Timeouts::default() };
        world.part_fault(1, 1, How::Hold(50_000_000));
        let id = world.upload(3 * MIB, Config { timeouts, ..parts_of(MIB) });
        world.run();
        assert_stored(&world, id);
        assert_eq!(world.life(id).cancels.len(), 0);
    }

    #[test]
    fn sleep_blames_nobody() {
        for transport in [Transport::Fetch, Transport::Xhr] {
            let mut world = World::plain();
            let id = world.upload(24 * MIB, carried_by(transport, MIB));
            world.run_until(|world| world.life(id).in_flight() == 6);
            world.sleep(seconds(8 * 3_600));
            world.run();
            assert_stored(&world, id);
            assert_eq!((world.life(id).cancels.len(), world.life(id).retries.len()), (0, 0));
        }
    }

    #[test]
    fn a_sleep_blames_nobody_if_the_first_thing_after_it_is_that_another_upload_is_thrown_away() {
        let mut world = World::plain();
        let id = world.upload(24 * MIB, parts_of(MIB));
        let other = world.upload(24 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).in_flight() > 0);
        world.go_offline(seconds(1));
        world.run_until(|world| world.life(id).state == State::Offline);
        world.sleep(seconds(8 * 3_600));
        let other = world.reload(other);
        world.run();
        assert_stored(&world, id);
        assert_stored(&world, other);
    }

    #[test]
    fn a_sleep_is_not_taken_for_a_slow_link() {
        let mut world = World::plain();
        let id = world.upload(24 * MIB, carried_by(Transport::Fetch, MIB));
        world.run_until(|world| world.life(id).in_flight() == 6);
        world.run_for(Duration::from_millis(100));
        world.sleep(seconds(8 * 3_600));
        let woken = world.now;
        world.break_for_good("part", How::Stall(0.5));
        world.run_until(|world| !world.life(id).cancels.is_empty());
        assert_eq!(world.life(id).progress.parts_stored, 6);
        // Nothing has been measured: as long as the slowest link that is borne would take, twice.
        assert!(world.now - woken <= 130_000, "{}", world.now - woken);
    }

    #[test]
    fn a_stall_is_still_seen_after_a_sleep() {
        let mut world = World::plain();
        world.stall(1);
        let id = world.upload(MIB, carried_by(Transport::Xhr, MIB));
        world.run_until(|world| world.life(id).in_flight() == 1);
        world.run_for(seconds(10));
        world.sleep(seconds(3_600));
        let woken = world.now;
        world.run();
        assert_stored(&world, id);
        let (at, _) = world.life(id).cancels[0];
        assert!(at - woken <= 61_000, "{}", at - woken);
    }

    #[test]
    fn timers_that_are_always_a_minute_late_do_not_put_a_stall_off_for_ever() {
        for transport in [Transport::Fetch, Transport::Xhr] {
            let mut world = World::plain();
            world.lateness = 60_000;
            world.stall(1);
            let id = world.upload(MIB, carried_by(transport, MIB));
            world.run();
            assert_stored(&world, id);
            assert!(world.life(id).ended_at < 400_000, "{}", world.life(id).ended_at);
        }
    }

    #[test]
    fn timers_that_are_always_a_minute_late_do_not_put_the_end_of_an_outage_off_for_ever() {
        let mut world = World::plain();
        world.lateness = 60_000;
        let id = world.upload(MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).in_flight() == 1);
        world.go_offline(seconds(1_000_000));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Network);
        assert!(world.life(id).ended_at < 3_600_000, "{}", world.life(id).ended_at);
    }
}

mod sharing {
    use super::*;

    #[test]
    fn three_uploads_share_six_slots_and_none_starves() {
        let mut world = World::plain();
        let ids = [0; 3].map(|_| world.upload(60 * MIB, parts_of(MIB)));
        world.run_until(|world| ids.iter().all(|id| world.life(*id).in_flight() > 0));
        let mut least = usize::MAX;
        while ids.iter().all(|id| world.life(*id).progress.parts_stored < 50) && world.step(u64::MAX) {
            least = ids.iter().map(|id| world.life(*id).in_flight()).min().unwrap().min(least);
        }
        assert!(least >= 1);
        world.run();
        ids.iter().for_each(|id| assert_stored(&world, *id));
        let ends = ids.map(|id| world.life(id).ended_at);
        assert!(ends.iter().max().unwrap() - ends.iter().min().unwrap() < 5_000, "{ends:?}");
    }

    #[test]
    fn an_upload_that_asks_for_twenty_does_not_starve_one_that_asks_for_nothing() {
        let mut world = World::plain();
        world.line.connections = 100;
        let greedy = world.upload(400 * MIB, Config { concurrency: Some(20), ..parts_of(MIB) });
        world.run_until(|world| world.life(greedy).in_flight() == 20);
        let modest = world.upload(20 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(modest).is_stored());
        assert!(world.life(greedy).ending.is_none(), "it had to wait for the other's end");
        world.run();
        assert_stored(&world, greedy);
    }

    #[test]
    fn an_upload_that_is_thrown_away_gives_its_slots_back() {
        let mut world = World::plain();
        let first = world.upload(60 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(first).in_flight() == 6);
        let second = world.upload(60 * MIB, parts_of(MIB));
        world.run_for(Duration::from_millis(100));
        world.page.remove(world.moment(), first);
        world.drain();
        world.lives.get_mut(&first).unwrap().paused = true;
        let most = most_in_flight(&mut world, second, |world| world.life(second).ending.is_none());
        assert!((6..=12).contains(&most), "{most}");
        assert_stored(&world, second);
    }

    #[test]
    fn concurrency_is_what_was_asked_for() {
        for concurrency in [1, 2, 6, 12] {
            let mut world = World::plain();
            world.line.connections = 100;
            let id = world.upload(60 * MIB, Config { concurrency: Some(concurrency), ..parts_of(MIB) });
            let most = most_in_flight(&mut world, id, |world| world.life(id).ending.is_none());
            assert_eq!(most, concurrency as usize);
        }
    }
}

mod functions {
    use super::*;

    fn functions(change: impl FnOnce(&mut Rules)) -> World<Plain> {
        world_with(|rules| {
            rules.api = None;
            rules.inspects = false;
            change(rules);
        })
    }

    #[test]
    fn a_function_that_never_settles_is_named() {
        for role in ["create", "sign", "complete", "list"] {
            let mut world = functions(|rules| rules.inspects = true);
            if role == "list" {
                world.part_fault(3, 1, How::Say(400, None));
            }
            world.break_for_good(role, How::Stall(0.0));
            let mut id = world.upload(3 * MIB, parts_of(MIB));
            let from = world.now;
            if role == "list" {
                world.run();
                id = world.retry(id);
            }
            if role == "complete" {
                // Whether it is complete is asked with `list`, which does not settle either.
                world.break_for_good("list", How::Stall(0.0));
            }
            world.run();
            assert_eq!(code(world.life(id)), ErrorCode::Callback, "{role}");
            let message = &world.life(id).error().unwrap().message;
            let name = if role == "complete" { "list" } else { role };
            assert!(message.contains(&format!("`{name}`")), "{message}");
            let most = if role == "complete" { 730_000 } else { 250_000 };
            assert!(world.life(id).ended_at - from <= most, "{role}");
        }
    }

    #[test]
    fn a_function_that_throws_ends_it() {
        for role in ["create", "sign", "complete"] {
            let mut world = functions(|_| {});
            world.fault(role, 1, How::Drop(0.0));
            let id = world.upload(3 * MIB, parts_of(MIB));
            world.run();
            assert_eq!((code(world.life(id)), world.life(id).count(role)), (ErrorCode::Callback, 1), "{role}");
        }
    }

    #[test]
    fn a_complete_that_throws_is_asked_about_where_there_is_verify() {
        let mut world = functions(|rules| rules.verifies = true);
        world.lose_answer("complete");
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        assert_eq!((world.life(id).count("complete"), world.life(id).count("verify")), (1, 1));
        let mut world = functions(|rules| rules.verifies = true);
        world.fault("complete", 1, How::Drop(0.0));
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_eq!((code(world.life(id)), world.life(id).count("verify")), (ErrorCode::Callback, 1));
    }

    #[test]
    fn a_complete_may_take_as_long_as_a_completion_of_the_services() {
        let mut world = functions(|_| {});
        world.fault("complete", 1, How::Hold(500_000));
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        assert_eq!(world.life(id).count("complete"), 1);
    }

    #[test]
    fn a_complete_that_never_settles_is_asked_about_where_there_is_verify() {
        let mut world = functions(|rules| rules.verifies = true);
        world.fault("complete", 1, How::Mute);
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
    }

    #[test]
    fn a_complete_that_throws_after_one_that_may_have_been_good_is_unproven_where_the_session_is_gone() {
        let mut world = functions(|rules| rules.inspects = true);
        world.store.idempotent = false;
        world.fault("complete", 1, How::Mute);
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_eq!((code(world.life(id)), world.life(id).count("complete")), (ErrorCode::Unproven, 2));
        // It is told once.
        let again = world.retry(id);
        world.run();
        assert_stored(&world, again);
    }

    #[test]
    fn taking_up_what_only_lacks_its_completion_completes_it() {
        let mut world = functions(|_| {});
        world.fault("complete", 1, How::Drop(0.0));
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Callback);
        let again = world.retry(id);
        world.run();
        assert_stored(&world, again);
        assert_eq!(world.life(again).sends.len(), 0);
    }
}

mod sizes {
    use super::*;

    #[test]
    fn every_edge_of_the_file_is_stored_whole() {
        for (size, parts) in [(0, 1), (1, 1), (MIB - 1, 1), (MIB, 1), (MIB + 1, 2), (3 * MIB, 3)] {
            for transport in [Transport::Fetch, Transport::Xhr] {
                let mut world = World::plain();
                let id = world.upload(size, carried_by(transport, MIB));
                world.run();
                assert_stored(&world, id);
                assert_eq!(world.life(id).sends.len(), parts, "{size}");
                let progress = world.life(id).progress;
                assert_eq!((progress.sent, progress.whole), (size, true));
            }
        }
    }

    #[test]
    fn the_next_file_is_cut_for_the_rate_that_was_seen() {
        for (per_connection, least, most) in [(2_000.0, 7, 8), (8_000.0, 24, 32), (50.0, 0, 1)] {
            let mut world = World::plain();
            world.line.per_connection = per_connection;
            world.line.total = 6.0 * per_connection;
            let first = world.upload(48 * MIB, Config::default());
            world.run();
            let second = world.upload(1 << 30, Config::default());
            let waits = world.upload(48 * MIB, parts_of(3 * MIB));
            world.run();
            assert_eq!(world.life(first).plan.part_size(), 8 * MIB);
            let size = world.life(second).plan.part_size() / MIB;
            assert!((least..=most).contains(&size), "{per_connection}: {size} MiB");
            assert_eq!(world.life(waits).plan.part_size(), 3 * MIB, "what was asked for is honoured");
            assert_stored(&world, second);
        }
    }

    #[test]
    fn what_is_taken_up_keeps_its_part_size_whatever_the_rate() {
        let mut world = World::plain();
        world.line.per_connection = 8_000.0;
        world.line.total = 48_000.0;
        let id = world.upload(512 * MIB, Config::default());
        world.run_until(|world| world.life(id).progress.parts_stored > 10);
        let size = world.life(id).plan.part_size();
        let again = world.reload(id);
        world.run();
        assert_eq!(world.life(again).plan.part_size(), size);
        assert_stored(&world, again);
    }

    #[test]
    fn a_file_that_is_too_large_is_refused_before_it_begins() {
        let mut rules = Plain::new().rules();
        rules.limits.max_size = MIB;
        let upload = Upload::<Gift>::new(Config::default(), rules, MIB + 1, Ledger::default(), Dice::seeded(0));
        assert!(upload.unwrap_err().to_string().contains("the service takes at most 1048576"));
    }

    #[test]
    fn a_small_part_of_a_watched_file_is_not_worth_watching() {
        let mut world = World::plain();
        // How many at once pay is not to be found out.
        let config = Config { concurrency: Some(6), ..parts_of(MIB) };
        let id = world.add(200 * MIB, config, Ledger::default());
        world.tell(id, Input::Watched(true));
        world.tell(id, Input::Start);
        world.run();
        assert!(world.life(id).sends.iter().all(|send| send.carrier == Carrier::Fetch));
        let id = world.add(20 * MIB, parts_of(MIB), Ledger::default());
        world.tell(id, Input::Watched(true));
        world.tell(id, Input::Start);
        world.run();
        assert!(world.life(id).sends.iter().all(|send| send.carrier == Carrier::Xhr));
    }

    #[test]
    fn parts_are_seen_on_their_way_while_it_is_not_known_how_many_at_once_pay() {
        let mut world = World::plain();
        let id = world.upload(60 * MIB, parts_of(MIB));
        world.run();
        let carriers: Vec<_> = world.life(id).sends.iter().map(|send| send.carrier).collect();
        assert_eq!(carriers[..6], [Carrier::Xhr; 6]);
        assert!(carriers[12..].iter().all(|carrier| *carrier == Carrier::Fetch), "it was found that six do");
        assert!(world.life(id).let_go > 0, "those that only queued were called back");
        let id = world.upload(6 * MIB, parts_of(MIB));
        world.run();
        assert!(world.life(id).sends.iter().all(|send| send.carrier == Carrier::Fetch), "no more are to be tried");
    }

    #[test]
    fn ten_thousand_parts_with_five_percent_loss() {
        let begun = std::time::Instant::now();
        let mut world = World::plain();
        world.chaos =
            Some(world::Chaos { dice: Dice::seeded(5), percent: 5, until: u64::MAX, budget: u32::MAX, deadly: false });
        let retry = Retry { limit: 20, ..Retry::default() };
        let id = world.upload(10_000 * MIB, Config { retry, ..parts_of(MIB) });
        world.run();
        assert_stored(&world, id);
        assert!(world.life(id).sends.len() > 10_100);
        println!("10,000 parts, {} attempts: {:?}", world.life(id).sends.len(), begun.elapsed());
    }
}

mod taking_up {
    use super::*;

    /// Five of twelve parts are stored, and the page is gone.
    fn interrupted<S: Service>(world: &mut World<S>) -> UploadId {
        let id = world.upload(12 * MIB, Config { concurrency: Some(1), ..parts_of(MIB) });
        world.run_until(|world| world.life(id).progress.parts_stored == 5);
        world.page.remove(world.moment(), id);
        world.drain();
        world.lives.get_mut(&id).unwrap().paused = true;
        world.run();
        id
    }

    #[test]
    fn only_what_is_missing_is_sent() {
        for inspects in [true, false] {
            let mut world = world_with(|rules| rules.inspects = inspects);
            let id = interrupted(&mut world);
            let again = world.retry(id);
            world.run();
            assert_stored(&world, again);
            let life = world.life(again);
            assert_eq!((life.sends.len(), life.count("create")), (7, 0));
            assert!(matches!(life.ending, Some(Ending::Stored { resumed: true, .. })));
        }
        let mut world = World::<Served>::companion();
        let id = interrupted(&mut world);
        let again = world.retry(id);
        world.run();
        assert_stored(&world, again);
        assert_eq!(world.life(again).sends.len(), 7);
    }

    #[test]
    fn a_part_that_the_service_has_in_another_size_or_not_at_all_is_sent_again() {
        let mut world = World::plain();
        let id = interrupted(&mut world);
        world.store.haunt("up/0 +?&=\u{1f980}", 1, 0, MIB - 1);
        let again = world.retry(id);
        world.run();
        assert_stored(&world, again);
        assert_eq!(world.life(again).sends.len(), 8);
        assert_eq!(world.life(again).sends[0].index, 0);
    }

    #[test]
    fn a_session_that_the_service_has_forgotten_is_begun_anew() {
        let mut world = World::plain();
        let id = interrupted(&mut world);
        world.store.forget("up/0 +?&=\u{1f980}");
        let again = world.retry(id);
        world.run();
        assert_stored(&world, again);
        let life = world.life(again);
        assert_eq!((life.restarts, life.sends.len(), life.count("create")), (1, 12, 1));
        assert!(matches!(life.ending, Some(Ending::Stored { resumed: false, .. })));
    }

    #[test]
    fn a_session_that_the_service_refuses_to_list_is_begun_anew() {
        for (status, tells) in [(400, true), (414, true), (405, true), (401, false), (403, false)] {
            let mut world = World::plain();
            let id = interrupted(&mut world);
            world.fault("list", 10, How::Say(status, None));
            let again = world.retry(id);
            world.run();
            let life = world.life(again);
            if tells {
                assert_stored(&world, again);
                assert_eq!((life.restarts, life.sends.len(), life.count("list")), (1, 12, 1), "{status}");
            } else {
                // Whoever signs in again goes on.
                assert_eq!(life.error().unwrap().code, ErrorCode::Unauthorized, "{status}");
                assert!(life.ledger.session().is_some(), "{status}");
            }
        }
    }

    #[test]
    fn a_session_of_which_a_backend_says_that_something_went_wrong_is_begun_anew_beside_it() {
        let mut world = World::plain();
        let id = interrupted(&mut world);
        world.fault("list", 100, How::Say(500, None));
        let again = world.retry(id);
        world.run();
        let life = world.life(again);
        assert!(life.is_stored(), "{:?}", life.ending);
        assert_eq!((life.restarts, life.sends.len(), life.count("list"), life.count("create")), (1, 12, 6, 1));
        assert!(matches!(life.ending, Some(Ending::Stored { resumed: false, .. })));
        assert!(life.over.as_ref().unwrap().as_ref().unwrap().contains("earlier visit"), "{:?}", life.over);
    }

    #[test]
    fn what_an_earlier_visit_stored_outlives_a_backend_in_trouble() {
        for (status, creates) in [(500, 6), (502, 0)] {
            let mut world = World::plain();
            let id = interrupted(&mut world);
            for role in ["list", "create"] {
                world.fault(role, 6, How::Say(status, None));
            }
            let again = world.retry(id);
            world.run();
            let life = world.life(again);
            assert_eq!((code(life), life.count("create")), (ErrorCode::Server, creates), "{status}");
            let third = world.retry(again);
            world.run();
            assert_stored(&world, third);
            assert_eq!(world.life(third).sends.len(), 7, "{status}");
        }
    }

    #[test]
    fn the_part_size_is_that_of_the_session() {
        let mut world = World::plain();
        let id = interrupted(&mut world);
        let ledger = world.life(id).ledger.clone();
        let again = world.take_up(12 * MIB, parts_of(2 * MIB), ledger);
        world.run();
        assert_stored(&world, again);
        assert_eq!(world.life(again).plan.part_size(), MIB);
    }

    #[test]
    fn progress_begins_with_what_is_stored() {
        for inspects in [true, false] {
            let mut world = world_with(|rules| rules.inspects = inspects);
            let id = interrupted(&mut world);
            let again = world.retry(id);
            world.run_until(|world| world.life(again).count("sign") == 1);
            assert_eq!(world.life(again).progress.sent, 5 * MIB);
        }
    }

    #[test]
    fn a_ledger_is_void_after_its_session_is_closed() {
        let mut ledger = Ledger::default();
        ledger.apply(Change::Opened { session: Gift::Session("a".into()), part_size: 1, seat: None });
        ledger.apply(Change::Stored { index: 0, receipt: Gift::Receipt("r".into()) });
        ledger.apply(Change::Closed);
        assert_eq!(ledger, Ledger::default());
    }
}

mod companion {
    use super::*;

    #[test]
    fn a_whole_life_in_the_language_of_companion() {
        let mut world = World::<Served>::companion();
        world.drop_next(2);
        world.slow_down(1, Some(2));
        world.lose_answer("complete");
        let id = world.upload(60 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).progress.parts_stored > 20);
        world.expire_urls();
        world.run();
        assert_stored(&world, id);
    }

    #[test]
    fn a_backend_without_batches() {
        let mut world = World::<Served>::companion();
        world.store.batches = false;
        let id = world.upload(20 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        assert_eq!(world.life(id).retries.len(), 0);
    }
}

/// Services whose parts go to the API itself, with the app's headers and no ticket.
mod without_tickets {
    use super::*;

    fn world() -> World<Plain> {
        world_with(|rules| {
            rules.preparing = Preparing::Nothing;
            rules.inspects = false;
            rules.discards = false;
            rules.limits.empty_parts = Some(0);
        })
    }

    #[test]
    fn parts_are_sent_without_signing_and_by_fetch_even_if_watched() {
        let mut world = world();
        let id = world.add(12 * MIB, parts_of(MIB), Ledger::default());
        world.tell(id, Input::Watched(true));
        world.tell(id, Input::Start);
        world.run();
        assert_stored(&world, id);
        assert_eq!((world.life(id).count("sign"), world.life(id).sends.len()), (0, 12));
        assert!(world.life(id).sends.iter().all(|send| send.carrier == Carrier::Fetch));
    }

    #[test]
    fn a_token_that_died_is_mended_by_fresh_headers_once_for_each_part() {
        let mut world = world();
        world.refuse(1);
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        assert_eq!((world.life(id).sends.len(), world.life(id).retries.len()), (4, 0));
        let mut world = self::world();
        world.part_fault(2, 2, How::Say(401, None));
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Unauthorized);
    }

    #[test]
    fn an_empty_file_without_parts_is_completed_at_once() {
        let mut world = world();
        let id = world.upload(0, parts_of(MIB));
        world.run();
        assert!(world.life(id).is_stored(), "{:?}", world.life(id).ending);
        assert_eq!((world.life(id).sends.len(), world.life(id).count("complete")), (0, 1));
        assert!(world.life(id).progress.whole);
    }

    #[test]
    fn a_lost_answer_to_completing_is_unproven_where_nobody_can_be_asked() {
        let mut world = world();
        world.lose_answer("complete");
        let id = world.upload(MIB, parts_of(MIB));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Unproven);
    }
}
