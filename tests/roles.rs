//! Situations of services that want more than parts and a completion: to be told of parts, to be asked until they are
//! done, to see no number twice, to say how large parts are, to be asked for each attempt.
#![cfg(not(target_arch = "wasm32"))]

mod world;

use std::time::Duration;
use upslice::core::{
    Change, Config, Dice, Digests, ErrorCode, Ledger, Numbers, Origin, PlanError, Preparing, Retry, Rules, Settling,
    Sizes, State, Timeouts, Upload, UploadId,
};
use world::{Cancels, Ending, Fails, Gift, How, Life, Plain, World};

const MIB: u64 = 1 << 20;

/// The name of the first session.
const FIRST: &str = "up/0 +?&=\u{1f980}";

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn parts_of(bytes: u64) -> Config {
    Config { part_size: Some(bytes), ..Config::default() }
}

/// One part of a mebibyte after the other.
fn one_by_one() -> Config {
    Config { concurrency: Some(1), ..parts_of(MIB) }
}

fn limited(limit: u32) -> Config {
    Config { retry: Retry { limit, ..Retry::default() }, ..parts_of(MIB) }
}

fn world_with(change: impl FnOnce(&mut Rules)) -> World<Plain> {
    let mut plain = Plain::new();
    change(&mut plain.rules);
    World::of(plain)
}

fn code(life: &Life<Gift>) -> ErrorCode {
    life.error().unwrap_or_else(|| panic!("it ended otherwise: {:?}", life.ending)).code
}

fn message(life: &Life<Gift>) -> &str {
    &life.error().unwrap_or_else(|| panic!("it ended otherwise: {:?}", life.ending)).message
}

fn assert_stored(world: &World<Plain>, id: UploadId) {
    assert!(world.life(id).is_stored(), "{:?}", world.life(id).ending);
    assert_eq!(world.life(id).over, Some(None));
}

fn runs(life: &Life<Gift>, role: &str) -> bool {
    life.running.values().any(|running| running.role == role)
}

/// When a role was carried out.
fn times(life: &Life<Gift>, role: &str) -> Vec<u64> {
    life.runs.get(role).cloned().unwrap_or_default()
}

/// The page is gone, with all that was under way.
fn interrupt(world: &mut World<Plain>, id: UploadId) {
    world.page.remove(world.moment(), id);
    world.drain();
    world.lives.get_mut(&id).unwrap().paused = true;
    world.run();
}

/// The most parts in flight at once from now on.
fn most_in_flight(world: &mut World<Plain>, id: UploadId) -> usize {
    let mut most = 0;
    while world.life(id).ending.is_none() && world.step(u64::MAX) {
        most = most.max(world.life(id).in_flight());
    }
    most
}

mod reporting {
    use super::*;

    /// A service that is told of parts, ten at once or two seconds after the first, and is done when it knows all.
    fn world() -> World<Plain> {
        world_of(|_| {})
    }

    fn world_of(change: impl FnOnce(&mut Rules)) -> World<Plain> {
        let mut world = world_with(|rules| {
            rules.settling = Some(Settling { batch: 10, within: seconds(2) });
            rules.completes = false;
            rules.watches = true;
            rules.discards = false;
            change(rules);
        });
        world.store.reports = true;
        world.store.lists_completed = true;
        world
    }

    fn told(life: &Life<Gift>) -> Vec<u32> {
        let mut told: Vec<_> = life.reports.iter().flat_map(|(_, parts)| parts.clone()).collect();
        told.sort_unstable();
        told
    }

    #[test]
    fn ten_parts_are_told_of_at_once_while_others_fly() {
        let mut world = world();
        let id = world.upload(35 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).reports.len() == 1);
        let life = world.life(id);
        let (at, parts) = &life.reports[0];
        assert_eq!((parts.len(), *at), (10, life.receipts[9].0), "as soon as there are ten");
        assert!(life.in_flight() > 0);
        world.run();
        assert_stored(&world, id);
        let life = world.life(id);
        assert_eq!(told(life), (0..35).collect::<Vec<_>>());
        assert!(life.reports.len() <= 5, "{:?}", life.reports);
    }

    #[test]
    fn fewer_than_ten_are_told_of_two_seconds_after_the_first() {
        let mut world = world();
        let id = world.upload(9 * MIB, one_by_one());
        world.run();
        assert_stored(&world, id);
        let life = world.life(id);
        let (mut first, mut due) = (0, Vec::new());
        for (at, parts) in &life.reports[..life.reports.len() - 1] {
            due.push((*at, life.receipts[first].0 + 2_000));
            first += parts.len();
        }
        assert!(due.len() >= 2 && due.iter().all(|(at, expected)| at == expected), "{due:?}");
    }

    #[test]
    fn the_last_ones_are_told_of_at_once() {
        let mut world = world();
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        let life = world.life(id);
        assert_eq!((life.reports.len(), life.reports[0].0), (1, life.receipts[2].0));
        assert_eq!((life.count("complete"), life.count("status")), (0, 1));
    }

    #[test]
    fn one_report_goes_out_at_a_time_and_the_next_says_all_that_came_meanwhile() {
        let mut world = world();
        world.fault("report", 1, How::Hold(3_000));
        let id = world.upload(30 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        let life = world.life(id);
        assert!(life.reports[1].0 >= life.reports[0].0 + 3_000, "{:?}", life.reports);
        assert_eq!(life.reports[1].1.len(), 10, "the rest has been waiting");
        assert!(life.reports.iter().all(|(_, parts)| parts.len() <= 10));
    }

    #[test]
    fn what_is_left_of_a_batch_waits_for_two_seconds_and_not_for_the_next_part() {
        let mut world = world();
        world.fault("report", 1, How::Hold(3_000));
        // Its first request may only queue, and be called back.
        world.part_fault(24, 2, How::Hold(50_000));
        let id = world.upload(24 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        let life = world.life(id);
        let told: Vec<_> =
            life.reports.iter().map(|(at, parts)| (at - life.reports[1].0.min(*at), parts.len())).collect();
        assert_eq!(told[..3], [(0, 10), (0, 10), (2_000, 3)]);
    }

    #[test]
    fn a_report_that_fails_does_not_wait_for_the_next_part() {
        let mut world = world();
        world.fault("report", 1, How::Say(500, None));
        world.part_fault(4, 1, How::Hold(50_000));
        let id = world.upload(4 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        let life = world.life(id);
        let again = life.reports[1].0 - life.reports[0].0;
        assert!(again < 1_000 && life.reports[1].1 == life.reports[0].1, "{:?}", life.reports);
    }

    #[test]
    fn what_is_known_with_the_last_report_takes_the_sessions_place() {
        let mut world = world();
        let id = world.upload(15 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        assert!(matches!(&world.life(id).ending, Some(Ending::Stored { session: Gift::Known(_), .. })));
    }

    #[test]
    fn a_report_that_fails_is_made_again_and_holds_no_part_back() {
        for how in [How::Say(500, None), How::Drop(0.5), How::Lose, How::Say(401, None)] {
            let mut world = world();
            world.fault("report", 1, how);
            let id = world.upload(25 * MIB, parts_of(MIB));
            world.run();
            assert_stored(&world, id);
            let life = world.life(id);
            assert_eq!(life.sends.len(), 25, "{how:?}");
            let twice =
                life.reports[0].1.iter().all(|part| told(life).iter().filter(|told| *told == part).count() == 2);
            assert!(twice, "{how:?}: {:?}", life.reports);
        }
    }

    #[test]
    fn a_report_waits_as_long_as_it_is_asked_to() {
        let mut world = world();
        world.fault("report", 1, How::Say(429, Some(20)));
        let id = world.upload(25 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        let life = world.life(id);
        assert!(life.reports[1].0 >= life.reports[0].0 + 20_000, "{:?}", life.reports);
        assert_eq!((life.retries.len(), life.retries[0].2), (1, 1));
        assert!(life.retries[0].1.message.starts_with("reporting stored parts:"), "{}", life.retries[0].1);
        assert!(life.receipts.last().unwrap().0 < life.reports[1].0, "parts went on meanwhile");
    }

    #[test]
    fn a_silent_report_is_made_again_after_a_minute() {
        for how in [How::Mute, How::Stall(0.5)] {
            let mut world = world();
            world.fault("report", 1, how);
            let id = world.upload(3 * MIB, parts_of(MIB));
            world.run();
            assert_stored(&world, id);
            let life = world.life(id);
            let waited = life.reports[1].0 - life.reports[0].0;
            assert!((60_000..61_000).contains(&waited), "{waited}");
            assert_eq!(life.cancels.len(), 1);
        }
    }

    #[test]
    fn a_function_that_reports_and_never_settles_is_named() {
        let mut world = world_of(|rules| rules.api = None);
        world.break_for_good("report", How::Stall(0.0));
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Callback);
        assert!(message(world.life(id)).contains("`report`"), "{}", message(world.life(id)));
    }

    #[test]
    fn reports_that_fail_for_good_end_it() {
        for (how, expected, reports) in [
            (How::Say(400, None), ErrorCode::Rejected, 1),
            (How::Say(404, None), ErrorCode::Rejected, 1),
            (How::Say(403, None), ErrorCode::Unauthorized, 2),
            (How::Say(500, None), ErrorCode::Server, 6),
            (How::Say(429, Some(301)), ErrorCode::Server, 1),
        ] {
            let mut world = world();
            world.break_for_good("report", how);
            let id = world.upload(60 * MIB, parts_of(MIB));
            world.run();
            let life = world.life(id);
            assert_eq!((code(life), life.count("report")), (expected, reports), "{how:?}");
            assert!(message(life).starts_with("reporting stored parts:"), "{}", message(life));
            assert!(life.ending.is_some() && life.running.is_empty());
        }
    }

    #[test]
    fn a_report_that_was_good_spends_nothing_of_the_next_ones() {
        let mut world = world();
        let id = world.upload(100 * MIB, Config { retry: Retry { limit: 1, ..Retry::default() }, ..parts_of(MIB) });
        for count in 0..4 {
            world.fault("report", 1, How::Say(500, None));
            world.run_until(|world| world.life(id).retries.len() > count);
            let reports = world.life(id).reports.len();
            world.run_until(|world| world.life(id).reports.len() > reports + 1);
        }
        world.run();
        assert_stored(&world, id);
    }

    #[test]
    fn nothing_is_told_during_a_pause() {
        let mut world = world();
        let id = world.upload(20 * MIB, one_by_one());
        world.run_until(|world| world.life(id).progress.parts_stored == 1);
        world.pause(id);
        world.run_for(seconds(600));
        assert_eq!(world.life(id).reports.len(), 0);
        world.resume(id);
        assert_eq!(world.life(id).reports.len(), 1, "its time has come");
        world.run();
        assert_stored(&world, id);
    }

    #[test]
    fn a_report_that_is_under_way_when_it_is_paused_comes_through() {
        let mut world = world();
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run_until(|world| runs(world.life(id), "report"));
        world.pause(id);
        world.run_for(seconds(600));
        assert_eq!((world.life(id).cancels.len(), world.life(id).count("status")), (0, 0));
        assert_eq!(world.life(id).state, State::Paused);
        world.resume(id);
        world.run();
        assert_stored(&world, id);
        assert_eq!(world.life(id).reports.len(), 1);
    }

    #[test]
    fn an_abort_calls_a_report_back_and_so_does_a_failure() {
        let mut world = world();
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run_until(|world| runs(world.life(id), "report"));
        world.abort(id);
        world.run();
        let life = world.life(id);
        assert_eq!((code(life), life.cancels.len()), (ErrorCode::Aborted, 1));
        assert!(matches!(&life.over, Some(Some(left)) if left.contains("no way to remove")));

        let mut world = self::world();
        world.fault("report", 1, How::Hold(30_000));
        world.part_fault(30, 1, How::Say(400, None));
        let id = world.upload(40 * MIB, parts_of(MIB));
        world.run();
        let life = world.life(id);
        assert_eq!((code(life), life.error().unwrap().part), (ErrorCode::Rejected, Some(29)));
        assert!(life.running.is_empty() && !life.cancels.is_empty());
        world.mend();
        let again = world.retry(id);
        world.run();
        assert_stored(&world, again);
    }

    #[test]
    fn an_outage_spends_no_report() {
        let mut world = world();
        let id = world.upload(3 * MIB, Config { retry: Retry { limit: 1, ..Retry::default() }, ..parts_of(MIB) });
        world.run_until(|world| runs(world.life(id), "report"));
        world.go_offline(seconds(200));
        world.run();
        assert_stored(&world, id);
        assert_eq!(world.life(id).retries.len(), 0);
        assert!(world.life(id).count("report") < 30, "one knock at a time, and ever more rarely");
    }

    #[test]
    fn a_pause_does_not_count_as_time_out_of_reach() {
        let mut world = world();
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run_until(|world| runs(world.life(id), "report"));
        world.go_offline(seconds(100_000));
        world.run_for(seconds(200));
        world.pause(id);
        world.run_for(seconds(86_400));
        world.resume(id);
        world.run_for(seconds(200));
        world.go_online();
        world.run();
        assert_stored(&world, id);
    }

    #[test]
    fn an_abort_after_the_last_report_says_that_the_object_may_be_stored() {
        let mut world = world_of(|rules| rules.discards = true);
        world.store.works = 100;
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).count("status") == 2);
        world.abort(id);
        world.run();
        let over = &world.life(id).over;
        assert!(matches!(over, Some(Some(left)) if left.contains("may be stored")), "{over:?}");
    }

    #[test]
    fn an_outage_that_does_not_end_ends_it_although_every_part_is_stored() {
        let mut world = world();
        world.store.lists_unreported = true;
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run_until(|world| runs(world.life(id), "report"));
        let from = world.now;
        world.go_offline(seconds(10_000));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Network);
        let waited = world.life(id).ended_at - from;
        assert!((300_000..320_000).contains(&waited), "{waited}");
        world.go_online();
        let again = world.retry(id);
        world.run();
        assert_stored(&world, again);
        assert_eq!(world.life(again).sends.len(), 0);
    }

    #[test]
    fn a_last_report_whose_answer_was_lost_and_that_is_refused_the_next_time_is_asked_about() {
        for status in [400, 404] {
            let mut world = world();
            world.lose_answer("report");
            world.fault("report", 1, How::Say(status, None));
            let id = world.upload(3 * MIB, parts_of(MIB));
            world.run();
            assert_stored(&world, id);
            assert_eq!((world.life(id).count("report"), world.life(id).count("status")), (2, 1));
        }
    }

    #[test]
    fn an_outage_before_the_last_report_is_not_that_of_the_question_after_it() {
        let mut world = world();
        world.lose_answer("report");
        let id = world.upload(3 * MIB, parts_of(MIB));
        for role in ["report", "status"] {
            world.run_until(|world| world.life(id).count(role) == 1 && !runs(world.life(id), role));
            world.go_offline(seconds(200));
            world.fault("report", u32::MAX, How::Say(404, None));
            world.fault("status", 1, How::Drop(0.0));
        }
        world.run();
        assert_stored(&world, id);
    }

    #[test]
    fn a_last_report_that_is_refused_for_a_reason_ends_it_in_its_own_words() {
        let mut world = world();
        world.fault("report", 1, How::Say(400, None));
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        let life = world.life(id);
        assert_eq!((code(life), life.count("report"), life.count("status")), (ErrorCode::Rejected, 1, 1));
        assert!(message(life).starts_with("reporting stored parts: the service said Fault"), "{}", message(life));
        assert!(life.ended_at - life.receipts[2].0 < 1_000);
    }

    #[test]
    fn what_is_complete_and_whose_receipts_were_lost_is_unproven_once() {
        let mut world = world();
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run_until(|world| world.store.object(FIRST).is_some());
        interrupt(&mut world, id);
        let (session, part_size) = world.life(id).ledger.session().unwrap().clone();
        let mut ledger = Ledger::default();
        ledger.apply(Change::Opened { session, part_size, seat: None });
        let id = world.take_up(12 * MIB, parts_of(MIB), ledger);
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Unproven);
        let again = world.retry(id);
        world.run();
        assert!(world.life(again).is_stored(), "{:?}", world.life(again).ending);
        assert_eq!(world.life(again).count("create"), 1);
    }

    #[test]
    fn what_is_listed_as_complete_and_not_whole_is_told_once() {
        let mut world = world();
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).progress.parts_stored >= 2);
        interrupt(&mut world, id);
        world.fault("list", 1, How::Say(422, None));
        let id = world.retry(id);
        world.run();
        let life = world.life(id);
        assert_eq!((code(life), life.ledger.session()), (ErrorCode::Checksum, None));
        let again = world.retry(id);
        world.run();
        assert!(world.life(again).is_stored(), "{:?}", world.life(again).ending);
    }

    #[test]
    fn an_empty_file_without_parts_has_nothing_to_be_told() {
        let mut world = world_of(|rules| rules.limits.empty_parts = Some(1));
        let id = world.upload(0, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        assert_eq!(world.life(id).reports.len(), 1);
    }

    mod taking_up {
        use super::*;

        /// Five of twelve parts are stored, of which the service was told of some, and the page is gone.
        fn interrupted(world: &mut World<Plain>) -> UploadId {
            let id = world.upload(12 * MIB, one_by_one());
            world.run_until(|world| world.life(id).progress.parts_stored == 5);
            let told = told(world.life(id)).len();
            assert!((1..5).contains(&told), "{told} were told of");
            interrupt(world, id);
            id
        }

        #[test]
        fn parts_are_listed_page_by_page_and_told_of_again() {
            for page in [None, Some(1), Some(2), Some(5)] {
                let mut world = world();
                world.store.lists_unreported = true;
                world.store.page = page;
                let id = interrupted(&mut world);
                let again = world.retry(id);
                world.run();
                assert_stored(&world, again);
                let life = world.life(again);
                let pages = page.map_or(1, |page| 5_usize.div_ceil(page));
                assert_eq!((life.count("list"), life.sends.len(), life.restarts), (pages, 7, 0), "{page:?}");
                assert_eq!(
                    told(life),
                    (0..12).collect::<Vec<_>>(),
                    "whoever lists a part may not have been told of it"
                );
            }
        }

        #[test]
        fn parts_that_the_service_was_never_told_of_are_told_of_and_not_sent_again() {
            let mut world = world();
            let id = interrupted(&mut world);
            let again = world.retry(id);
            world.run();
            assert_stored(&world, again);
            assert_eq!(world.life(again).sends.len(), 12 - 5);
        }

        #[test]
        fn a_part_that_failed_at_the_service_is_sent_again_although_its_receipt_is_in_hand() {
            let mut world = world();
            world.store.lists_unreported = true;
            let id = interrupted(&mut world);
            world.service.failed = [2].into();
            let again = world.retry(id);
            world.run();
            assert_stored(&world, again);
            assert_eq!(world.life(again).sends.iter().filter(|sent| sent.index == 1).count(), 1);
            assert_eq!(world.life(again).sends.len(), 12 - 5 + 1);
        }

        #[test]
        fn a_report_that_is_refused_of_what_was_taken_up_begins_anew() {
            let mut world = world();
            let id = interrupted(&mut world);
            world.fault("report", 1, How::Say(400, None));
            let again = world.retry(id);
            world.run();
            let life = world.life(again);
            assert!(life.is_stored(), "{:?}", life.ending);
            let left = "the service has no way to remove an upload that was given up";
            assert_eq!((life.restarts, life.over.as_ref().unwrap().as_deref()), (1, Some(left)));
        }

        #[test]
        fn where_nothing_can_be_listed_all_that_is_remembered_is_told_of_again() {
            let mut world = world_of(|rules| rules.inspects = false);
            let id = interrupted(&mut world);
            let again = world.retry(id);
            world.run();
            assert_stored(&world, again);
            assert_eq!((world.life(again).sends.len(), told(world.life(again))), (7, (0..12).collect::<Vec<_>>()));
        }

        #[test]
        fn a_part_whose_receipt_is_not_in_hand_is_sent_again() {
            let mut world = world();
            world.store.lists_unreported = true;
            let id = interrupted(&mut world);
            let mut ledger = Ledger::default();
            let (session, part_size) = world.life(id).ledger.session().cloned().unwrap();
            ledger.apply(upslice::core::Change::Opened { session, part_size, seat: None });
            let again = world.take_up(12 * MIB, one_by_one(), ledger);
            world.run();
            assert_stored(&world, again);
            assert_eq!(world.life(again).sends.len(), 12);
        }

        #[test]
        fn a_part_that_was_sent_again_is_proved_by_its_last_receipt() {
            let mut world = world();
            let id = interrupted(&mut world);
            // What nobody was told of is sent again, and the page is gone once more before all is done.
            let again = world.retry(id);
            world.run_until(|world| world.life(again).progress.parts_stored == 8);
            interrupt(&mut world, again);
            world.store.lists_unreported = true;
            let last = world.retry(again);
            world.run();
            assert_stored(&world, last);
        }

        #[test]
        fn a_page_that_is_not_answered_is_asked_for_again_and_only_that_one() {
            let mut world = world();
            world.store.lists_unreported = true;
            world.store.page = Some(2);
            let id = interrupted(&mut world);
            let again = world.retry(id);
            world.run_until(|world| world.life(again).count("list") == 2);
            world.fault("list", 1, How::Drop(0.5));
            world.fault("list", 1, How::Say(503, None));
            world.run();
            assert_stored(&world, again);
            assert_eq!((world.life(again).count("list"), world.life(again).sends.len()), (5, 7));
        }

        #[test]
        fn a_pause_between_two_pages_holds_the_next_one_back() {
            let mut world = world();
            world.store.page = Some(1);
            let id = interrupted(&mut world);
            let again = world.retry(id);
            world.run_until(|world| world.life(again).count("list") == 1);
            world.pause(again);
            world.run_for(seconds(600));
            assert_eq!(world.life(again).count("list"), 1);
            world.resume(again);
            world.run();
            assert_stored(&world, again);
        }

        #[test]
        fn all_of_it_arrived_and_only_the_last_answer_was_lost() {
            for page in [None, Some(1)] {
                let mut world = world();
                world.store.page = page;
                let id = world.upload(3 * MIB, parts_of(MIB));
                world.lose_answer("report");
                world.run_until(|world| world.life(id).retries.len() == 1 || world.store.object(FIRST).is_some());
                interrupt(&mut world, id);
                assert!(world.store.object(FIRST).is_some());
                let again = world.retry(id);
                world.run();
                assert_stored(&world, again);
                let life = world.life(again);
                assert_eq!((life.sends.len(), life.reports.len(), life.count("list")), (0, 0, 1));
                assert!(matches!(life.ending, Some(Ending::Stored { resumed: true, .. })));
            }
        }

        #[test]
        fn a_session_that_is_completed_between_two_pages_is_completed() {
            let mut world = world();
            world.store.page = Some(1);
            let id = world.upload(3 * MIB, parts_of(MIB));
            // The last report is on its way for a long time, and arrives when the page that sent it is gone.
            world.run_until(|world| runs(world.life(id), "report"));
            let (session, parts) = {
                let ledger = world.life(id).ledger.clone();
                let Some((Gift::Session(session), _)) = ledger.session().cloned() else { panic!() };
                let receipt = |(index, receipt)| match receipt {
                    Gift::Receipt(etag) => (index + 1, etag),
                    other => panic!("{other:?}"),
                };
                (session, ledger.into_receipts().into_iter().map(receipt).collect::<Vec<_>>())
            };
            interrupt(&mut world, id);
            assert!(world.store.object(FIRST).is_none());
            world.store.lists_unreported = true;
            let again = world.retry(id);
            world.run_until(|world| world.life(again).count("list") == 2);
            world.store.act(0, 0, &world::Ask::Report { session, parts });
            world.run();
            assert_stored(&world, again);
            let life = world.life(again);
            assert_eq!((life.sends.len(), life.count("list"), life.reports.len()), (0, 2, 0));
        }

        #[test]
        fn a_session_that_is_completed_although_receipts_are_missing_is_not_sent_again() {
            let mut world = world();
            let id = world.upload(3 * MIB, parts_of(MIB));
            world.run();
            let Some(Ending::Stored { session, receipts, .. }) = world.life(id).ending.clone() else { panic!() };
            let mut ledger = Ledger::default();
            ledger.apply(upslice::core::Change::Opened { session, part_size: MIB, seat: None });
            // The same one three times is not all of them.
            for _ in 0..3 {
                let receipt = receipts[0].1.clone();
                ledger.apply(upslice::core::Change::Stored { index: 0, receipt });
            }
            let again = world.take_up(3 * MIB, parts_of(MIB), ledger);
            world.run();
            let life = world.life(again);
            assert_eq!((code(life), life.sends.len()), (ErrorCode::Unproven, 0));
            assert!(message(life).contains("check whether it is stored before you upload again"), "{}", message(life));
        }
    }
}

mod sizes {
    use super::*;

    fn world(part_size: u64) -> World<Plain> {
        let mut world = world_with(|rules| {
            rules.sizes = Sizes::Theirs;
            rules.limits.max_parts = 100;
        });
        world.store.part_size = Some(part_size);
        world
    }

    #[test]
    fn parts_are_as_large_as_the_service_says() {
        for (size, part_size, parts) in [(25, 10, 3), (25, 25, 1), (25, 26, 1), (100, 1, 100), (0, 10, 1)] {
            let mut world = world(part_size * MIB);
            let id = world.upload(size * MIB, Config::default());
            world.run();
            assert_stored(&world, id);
            let life = world.life(id);
            assert_eq!((life.plan.part_size(), life.sends.len()), (part_size * MIB, parts));
            assert_eq!(life.progress.parts_total, u32::try_from(parts).unwrap());
        }
    }

    #[test]
    fn a_part_size_that_does_not_fit_is_told_and_its_session_removed() {
        for (part_size, parts) in [(MIB - 1, 101), (MIB / 2, 200), (200 * MIB, 1)] {
            let mut world = world(part_size);
            (world.service.rules.limits.min_part_size, world.service.rules.limits.max_part_size) = (MIB - 1, 100 * MIB);
            let id = world.upload(100 * MIB, Config::default());
            world.run();
            let life = world.life(id);
            assert_eq!((code(life), life.sends.len()), (ErrorCode::Protocol, 0));
            let words = format!(
                "the service gave a `partSize` of {part_size} bytes, which makes {parts} parts: 100 at most are taken, of 1048575 \
                 to 104857600 bytes"
            );
            assert!(message(life).contains(&words), "{}", message(life));
            assert_eq!(life.ledger, Ledger::default(), "there is nothing to take up");
            assert_eq!((life.count("abort"), &life.over), (1, &Some(None)));
            assert_eq!(world.store.told_and_open(), Vec::<&str>::new());
        }
    }

    #[test]
    fn a_part_size_of_the_apps_is_refused_and_says_why() {
        let rules = Rules { sizes: Sizes::Theirs, ..Plain::new().rules };
        let refused = Upload::new(parts_of(MIB), rules, MIB, Ledger::<Gift>::default(), Dice::seeded(1)).unwrap_err();
        assert_eq!(refused, PlanError::NotOurs);
        assert!(refused.to_string().starts_with("partSize: the service itself says"), "{refused}");
    }

    #[test]
    fn the_services_part_size_is_that_of_the_session_when_it_is_taken_up() {
        let mut world = world(2 * MIB);
        let id = world.upload(20 * MIB, Config { concurrency: Some(1), ..Config::default() });
        world.run_until(|world| world.life(id).progress.parts_stored == 4);
        interrupt(&mut world, id);
        world.store.part_size = Some(5 * MIB);
        let again = world.retry(id);
        world.run();
        assert_stored(&world, again);
        assert_eq!((world.life(again).sends.len(), world.life(again).plan.part_size()), (6, 2 * MIB));
    }

    #[test]
    fn the_next_session_may_have_parts_of_another_size() {
        let mut world = world(2 * MIB);
        world.service.rules.numbers = Numbers::Once;
        world.part_fault(4, 1, How::Say(500, None));
        let id = world.upload(20 * MIB, Config::default());
        world.run_until(|world| world.life(id).restarts == 1);
        world.store.part_size = Some(5 * MIB);
        world.run();
        assert_stored(&world, id);
        assert_eq!((world.life(id).plan.part_size(), world.life(id).progress.parts_total), (5 * MIB, 4));
    }

    #[test]
    fn a_service_that_says_nothing_of_sizes_takes_ours() {
        let mut world = World::plain();
        world.service.rules.sizes = Sizes::Theirs;
        world.store.part_size = None;
        let id = world.upload(20 * MIB, Config::default());
        world.run();
        assert_stored(&world, id);
    }
}

mod watching {
    use super::*;

    /// A service that works on what was completed, and can be asked whether it is done.
    fn world(works: u32) -> World<Plain> {
        let mut world = world_with(|rules| {
            rules.watches = true;
            rules.inspects = false;
        });
        world.store.works = works;
        world
    }

    fn asks(world: &World<Plain>, id: UploadId) -> Vec<u64> {
        let times = times(world.life(id), "status");
        times.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    #[test]
    fn it_is_asked_ever_more_rarely_until_it_is_done() {
        let mut world = world(8);
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        assert_eq!((world.life(id).count("complete"), world.life(id).count("status")), (1, 9));
        let waits: Vec<_> = asks(&world, id).iter().map(|wait| wait / 250 * 250).collect();
        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000, 5_000]);
        assert_eq!(world.life(id).retries.len(), 0);
    }

    #[test]
    fn one_that_is_done_at_once_is_asked_once() {
        let mut world = world(0);
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        assert_eq!((world.life(id).count("complete"), world.life(id).count("status")), (1, 1));
    }

    #[test]
    fn what_failed_at_the_service_is_told_and_not_completed_again() {
        let mut world = world(3);
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).count("status") == 2);
        world.fault("status", 1, How::Say(400, None));
        world.run();
        let life = world.life(id);
        assert_eq!((code(life), life.count("complete")), (ErrorCode::Rejected, 1));
    }

    #[test]
    fn what_the_service_says_has_failed_is_not_in_doubt_and_begins_anew_the_next_time() {
        for is_lost in [false, true] {
            let mut world = world(3);
            if is_lost {
                world.lose_answer("complete");
            }
            let id = world.upload(3 * MIB, parts_of(MIB));
            world.run_until(|world| world.life(id).count("status") == 1);
            // A good answer, and not what one hopes for.
            world.fault("status", 1, How::Say(200, None));
            world.run();
            let life = world.life(id);
            assert_eq!((code(life), life.count("complete"), life.ledger.session()), (ErrorCode::Rejected, 1, None));
            let again = world.retry(id);
            world.run();
            assert_stored(&world, again);
            assert_eq!(world.life(again).sends.len(), 3);
        }
    }

    #[test]
    fn what_the_service_says_is_not_whole_is_told_once() {
        let mut world = world(3);
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).count("status") == 1);
        world.fault("status", 1, How::Say(422, None));
        world.run();
        let life = world.life(id);
        assert_eq!((code(life), life.ledger.session()), (ErrorCode::Checksum, None));
    }

    #[test]
    fn a_completion_whose_answer_was_lost_is_asked_about() {
        for how in [How::Lose, How::Mute] {
            let mut world = world(2);
            world.fault("complete", 1, how);
            let id = world.upload(3 * MIB, parts_of(MIB));
            world.run();
            assert_stored(&world, id);
            assert_eq!((world.life(id).count("complete"), world.life(id).count("status")), (1, 3));
        }
    }

    #[test]
    fn a_completion_that_never_arrived_is_made_again() {
        for how in [How::Drop(0.5), How::Stall(0.5)] {
            let mut world = world(2);
            world.fault("complete", 1, how);
            let id = world.upload(3 * MIB, parts_of(MIB));
            world.run();
            assert_stored(&world, id);
            assert_eq!((world.life(id).count("complete"), world.life(id).count("status")), (2, 4));
        }
    }

    #[test]
    fn a_completion_that_is_refused_after_one_that_was_lost_may_have_been_good() {
        for status in [400, 404, 409] {
            let mut world = world(2);
            world.fault("complete", 1, How::Drop(0.5));
            world.fault("complete", 1, How::SayFalsely(status));
            let id = world.upload(3 * MIB, parts_of(MIB));
            world.run();
            assert_stored(&world, id);
            assert_eq!(world.life(id).count("complete"), 2, "{status}");
        }
    }

    #[test]
    fn a_completion_that_is_refused_after_a_gateways_word_may_have_been_good() {
        for (gateway, status) in [(502, 409), (503, 400), (500, 404)] {
            let mut world = world(2);
            world.fault("complete", 1, How::SayFalsely(gateway));
            world.fault("complete", 1, How::Say(status, None));
            let id = world.upload(3 * MIB, parts_of(MIB));
            world.run();
            assert_stored(&world, id);
            assert_eq!(world.life(id).count("complete"), 2);
        }
        let mut world = world(2);
        world.store.idempotent = false;
        world.fault("complete", 1, How::SayFalsely(502));
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
    }

    #[test]
    fn a_completion_that_is_refused_and_was_not_good_is_told_in_its_own_words() {
        for first in [How::Drop(0.5), How::Say(502, None)] {
            let mut world = world(2);
            world.fault("complete", 1, first);
            world.fault("complete", 1, How::Say(409, None));
            let id = world.upload(3 * MIB, parts_of(MIB));
            world.run();
            let life = world.life(id);
            assert_eq!((code(life), life.error().unwrap().status), (ErrorCode::Rejected, Some(409)), "{first:?}");
            assert!(message(life).starts_with("completing the upload: the service said Fault"), "{}", message(life));
            assert_eq!(life.count("complete"), 2);
        }
    }

    #[test]
    fn a_completion_that_is_refused_at_once_is_not_asked_about() {
        for status in [400, 404, 409] {
            let mut world = world(2);
            world.fault("complete", 1, How::Say(status, None));
            let id = world.upload(3 * MIB, parts_of(MIB));
            world.run();
            assert_eq!((code(world.life(id)), world.life(id).count("status")), (ErrorCode::Rejected, 0));
        }
    }

    #[test]
    fn completions_that_are_lost_for_ever_are_unproven() {
        let mut world = world(2);
        world.break_for_good("complete", How::Drop(0.5));
        let id = world.upload(3 * MIB, limited(2));
        world.run();
        assert_eq!((code(world.life(id)), world.life(id).count("complete")), (ErrorCode::Unproven, 3));
    }

    #[test]
    fn a_status_that_is_not_known_yet_is_waited_for() {
        let mut world = world(2);
        world.store.hides = 3;
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        assert_eq!((world.life(id).count("complete"), world.life(id).count("status")), (1, 6));
        let mut world = self::world(0);
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run_until(|world| runs(world.life(id), "status"));
        world.store.forget(FIRST);
        world.fault("status", 3, How::Say(404, None));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Rejected, "what is gone is gone");
    }

    #[test]
    fn a_silent_status_is_asked_for_again_after_a_minute() {
        let mut world = world(0);
        world.fault("status", 1, How::Mute);
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        assert!((60_000..61_000).contains(&asks(&world, id)[0]), "{:?}", asks(&world, id));
        assert_eq!(world.life(id).count("complete"), 1);
    }

    #[test]
    fn a_status_that_fails_spends_its_own_attempts_and_has_them_back_after_each_answer() {
        let mut world = world(4);
        let id = world.upload(3 * MIB, limited(1));
        for _ in 0..4 {
            let count = world.life(id).count("status");
            world.fault("status", 1, How::Say(500, None));
            world.run_until(|world| world.life(id).count("status") >= count + 2);
        }
        world.run();
        assert_stored(&world, id);
        assert_eq!(world.life(id).retries.len(), 4);
        let mut world = self::world(4);
        world.break_for_good("status", How::Say(500, None));
        let id = world.upload(3 * MIB, limited(2));
        world.run();
        assert_eq!((code(world.life(id)), world.life(id).count("status")), (ErrorCode::Server, 3));
    }

    #[test]
    fn one_that_is_never_done_is_given_up_after_the_time_that_completing_may_take() {
        let mut world = world(u32::MAX);
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        let life = world.life(id);
        assert_eq!(code(life), ErrorCode::Timeout);
        assert!(message(life).contains("for 600 s: ask it later"), "{}", message(life));
        let took = life.ended_at - times(life, "status")[0];
        assert!((600_000..606_000).contains(&took), "{took}");
        // The service has it all: the next one only asks.
        world.store.works = 0;
        let again = world.retry(id);
        world.run();
        assert_stored(&world, again);
        let life = world.life(again);
        assert_eq!((life.sends.len(), life.count("complete"), life.count("status")), (0, 0, 1));
    }

    #[test]
    fn one_that_may_take_for_ever_does() {
        let mut world = world(20_000);
        let timeouts = Timeouts { complete: None, ..Timeouts::default() };
        let id = world.upload(3 * MIB, Config { timeouts, ..parts_of(MIB) });
        world.run();
        assert_stored(&world, id);
    }

    #[test]
    fn a_page_in_the_background_asks_ten_times_before_it_gives_up() {
        let timeouts = Timeouts { complete: Some(seconds(100)), ..Timeouts::default() };
        let config = Config { timeouts, ..parts_of(MIB) };
        let mut world = world(10);
        let id = world.upload(3 * MIB, config);
        world.run_until(|world| runs(world.life(id), "status"));
        world.lateness = 60_000;
        world.run();
        assert_stored(&world, id);
        let mut world = self::world(11);
        let id = world.upload(3 * MIB, config);
        world.run_until(|world| runs(world.life(id), "status"));
        world.lateness = 60_000;
        world.run();
        assert_eq!((code(world.life(id)), world.life(id).count("status")), (ErrorCode::Timeout, 11));
    }

    #[test]
    fn a_pause_asks_nothing_and_is_not_counted() {
        let mut world = world(30);
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).count("status") == 3);
        world.pause(id);
        world.run_for(seconds(60));
        let count = world.life(id).count("status");
        assert!(count <= 3);
        world.run_for(seconds(86_400));
        assert_eq!((world.life(id).count("status"), world.life(id).state), (count, State::Paused));
        world.resume(id);
        world.run();
        assert_stored(&world, id);
    }

    #[test]
    fn an_abort_says_that_the_object_may_be_stored() {
        for waits in [true, false] {
            let mut world = world(100);
            let id = world.upload(3 * MIB, parts_of(MIB));
            world.run_until(|world| world.life(id).count("status") == 3 && runs(world.life(id), "status") != waits);
            world.abort(id);
            world.run();
            let life = world.life(id);
            assert_eq!((code(life), life.count("abort")), (ErrorCode::Aborted, 1));
            assert!(matches!(&life.over, Some(Some(left)) if left.contains("may be stored")), "{:?}", life.over);
        }
    }

    #[test]
    fn an_outage_is_waited_out_and_one_that_does_not_end_is_told() {
        let mut world = world(8);
        let id = world.upload(3 * MIB, limited(1));
        world.run_until(|world| world.life(id).count("status") == 3);
        world.go_offline(seconds(200));
        world.run();
        assert_stored(&world, id);
        assert_eq!(world.life(id).retries.len(), 0);
        let mut world = self::world(8);
        let id = world.upload(3 * MIB, limited(1));
        world.run_until(|world| world.life(id).count("status") == 3);
        world.go_offline(seconds(10_000));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Network);
    }

    #[test]
    fn a_sleep_while_it_is_watched_does_not_end_it() {
        let mut world = world(30);
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).count("status") == 5);
        world.sleep(seconds(8 * 3_600));
        world.run();
        assert_stored(&world, id);
    }

    #[test]
    fn what_is_taken_up_whole_and_is_forgotten_begins_anew() {
        let mut world = world(0);
        world.fault("complete", 1, How::Say(400, None));
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Rejected);
        world.store.forget(FIRST);
        let again = world.retry(id);
        world.run();
        assert_stored(&world, again);
        assert_eq!((world.life(again).restarts, world.life(again).sends.len()), (1, 3));
    }

    #[test]
    fn what_is_taken_up_whole_is_asked_about_before_it_is_completed() {
        let mut world = world(0);
        world.fault("complete", 1, How::Say(400, None));
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Rejected);
        let again = world.retry(id);
        world.run();
        assert_stored(&world, again);
        let life = world.life(again);
        assert_eq!((life.sends.len(), life.count("complete"), life.count("status")), (0, 1, 2));
    }
}

mod numbers_once {
    use super::*;

    /// A service whose numbers may not be used again. That none is, the world itself sees to.
    fn world() -> World<Plain> {
        world_of(|_| {})
    }

    fn world_of(change: impl FnOnce(&mut Rules)) -> World<Plain> {
        world_with(|rules| {
            rules.numbers = Numbers::Once;
            rules.preparing = Preparing::Nothing;
            rules.inspects = false;
            change(rules);
        })
    }

    fn assert_nothing_left(world: &World<Plain>) {
        assert_eq!(world.store.told_and_open(), Vec::<&str>::new());
    }

    #[test]
    fn every_failure_that_is_worth_another_attempt_is_worth_a_new_session() {
        for how in [
            How::Drop(0.5),
            How::Lose,
            How::Stall(0.5),
            How::Mute,
            How::Say(500, None),
            How::Say(503, None),
            How::Say(429, Some(1)),
            How::Say(422, None),
            How::Say(403, None),
            How::SayFalsely(502),
        ] {
            for preparing in [Preparing::Nothing, Preparing::Tickets { batch: 50 }, Preparing::Each] {
                let mut world = world_of(|rules| rules.preparing = preparing);
                world.part_fault(4, 1, how);
                let id = world.upload(12 * MIB, parts_of(MIB));
                world.run();
                assert_stored(&world, id);
                let life = world.life(id);
                assert_eq!((life.restarts, life.count("create"), life.count("abort")), (1, 2, 1), "{how:?}");
                assert_eq!((life.retries.len(), life.retries[0].2), (1, 1));
                assert_eq!(life.retries[0].1.part, Some(3));
                assert!(matches!(life.ending, Some(Ending::Stored { resumed: false, .. })));
                assert_nothing_left(&world);
            }
        }
    }

    #[test]
    fn what_is_final_for_a_part_is_final() {
        for (how, expected) in [
            (How::Say(400, None), ErrorCode::Rejected),
            (How::Say(404, None), ErrorCode::Rejected),
            (How::Fail(Fails::FileChanged), ErrorCode::FileChanged),
            (How::Fail(Fails::Callback), ErrorCode::Callback),
            (How::Say(503, Some(301)), ErrorCode::Server),
        ] {
            let mut world = world();
            world.part_fault(4, 1, how);
            let id = world.upload(12 * MIB, parts_of(MIB));
            world.run();
            let life = world.life(id);
            assert_eq!((code(life), life.restarts, life.count("create")), (expected, 0, 1), "{how:?}");
            assert_eq!(life.error().unwrap().part, Some(3));
        }
    }

    #[test]
    fn three_sessions_are_given_up_and_never_more_than_an_app_bears() {
        for (limit, restarts) in [(0, 0), (1, 1), (2, 2), (3, 3), (4, 3), (50, 3)] {
            let mut world = world();
            world.break_for_good("part", How::Say(500, None));
            let id = world.upload(12 * MIB, limited(limit));
            world.run();
            let life = world.life(id);
            assert_eq!((code(life), life.restarts), (ErrorCode::Server, restarts), "{limit}");
            assert_eq!(life.count("create"), restarts as usize + 1);
            let attempts: Vec<_> = life.retries.iter().map(|(_, _, attempt, _)| *attempt).collect();
            assert_eq!(attempts, (1..=restarts).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_token_that_died_is_worth_one_new_session() {
        let mut world = world();
        world.break_for_good("part", How::Say(401, None));
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run();
        assert_eq!((code(world.life(id)), world.life(id).restarts), (ErrorCode::Unauthorized, 1));
    }

    #[test]
    fn tokens_may_die_again_and_again_while_parts_are_stored_between() {
        let mut world = world();
        let id = world.upload(40 * MIB, parts_of(MIB));
        for deaths in 1..=2 {
            let stored = world.life(id).receipts.len();
            world.run_until(|world| world.life(id).receipts.len() >= stored + 6 && world.life(id).in_flight() == 6);
            world.run_for(Duration::from_millis(1));
            world.token_dies();
            world.run_until(|world| world.life(id).restarts == deaths);
        }
        world.run();
        assert_stored(&world, id);
        assert_eq!(world.life(id).restarts, 2);
    }

    #[test]
    fn each_silence_doubles_the_patience_with_the_next_session() {
        let mut world = world();
        world.part_fault(1, 2, How::Stall(0.5));
        let id = world.upload(6 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        let life = world.life(id);
        let firsts: Vec<_> = life.sends.iter().filter(|send| send.index == 0).map(|send| send.at).collect();
        let waited: Vec<_> = life.retries.iter().zip(&firsts).map(|((at, ..), sent)| at - sent).collect();
        assert_eq!(waited, [60_000, 120_000]);
    }

    #[test]
    fn the_next_session_is_not_created_before_the_service_wants_to_be_asked() {
        let tickets = Preparing::Tickets { batch: 50 };
        for (discards, preparing) in
            [(true, Preparing::Nothing), (false, Preparing::Nothing), (true, tickets), (false, tickets)]
        {
            let mut world = world_of(|rules| {
                rules.discards = discards;
                rules.preparing = preparing;
            });
            world.part_fault(4, 1, How::Say(503, Some(40)));
            let id = world.upload(12 * MIB, parts_of(MIB));
            world.run();
            let life = world.life(id);
            assert!(life.is_stored(), "{:?}", life.ending);
            let (refused, created) = (life.retries[0].0, times(life, "create")[1]);
            assert!((40_000..41_000).contains(&(created - refused)), "{}", created - refused);
        }
    }

    #[test]
    fn a_service_that_asks_for_patience_is_sent_fewer_parts_at_once() {
        let mut world = world();
        world.part_fault(4, 1, How::Say(429, None));
        let id = world.upload(24 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).count("create") == 2);
        let from = world.now;
        world.run_until(|world| world.life(id).in_flight() > 0);
        world.run_for(Duration::from_millis(100));
        assert_eq!(world.life(id).in_flight(), 3);
        assert_eq!(most_in_flight(&mut world, id), 6, "it climbs back");
        assert!(world.life(id).sends.iter().filter(|send| send.at >= from).count() >= 24);
        assert_stored(&world, id);
        // One that can bear two at once is found out before sessions run out.
        let mut world = self::world();
        world.fault("part", 1, How::Say(429, None));
        let id = world.upload(24 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).restarts == 1);
        world.fault("part", 1, How::Say(429, None));
        world.run_until(|world| world.life(id).restarts == 2);
        world.run_until(|world| world.life(id).in_flight() > 0);
        assert_eq!(world.life(id).in_flight(), 1);
        world.run();
        assert_stored(&world, id);
    }

    #[test]
    fn an_abort_while_it_begins_anew_leaves_nothing() {
        // The session that is given up is being removed, has been, or the next one is being created.
        let moments: [fn(&Life<Gift>) -> bool; 3] = [
            |life| runs(life, "abort"),
            |life| life.count("abort") == 1 && !runs(life, "abort"),
            |life| life.count("create") == 2 && runs(life, "create"),
        ];
        for is_so in moments {
            for cancels in [Cancels::Promptly, Cancels::Late(700), Cancels::Never] {
                let mut world = world();
                world.cancels = cancels;
                world.part_fault(4, 1, How::Say(503, Some(10)));
                let id = world.upload(12 * MIB, parts_of(MIB));
                world.run_until(|world| is_so(world.life(id)));
                world.abort(id);
                world.run();
                assert_eq!((code(world.life(id)), &world.life(id).over), (ErrorCode::Aborted, &Some(None)));
                assert_nothing_left(&world);
            }
        }
    }

    #[test]
    fn a_session_is_removed_after_what_was_on_its_way_has_ended() {
        let mut world = world();
        world.cancels = Cancels::Late(3_000);
        world.part_fault(1, 1, How::Say(500, None));
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        let life = world.life(id);
        let last = life.cancels.iter().map(|(at, _)| *at).max().unwrap();
        assert!(!life.cancels.is_empty() && times(life, "abort")[0] >= last + 3_000);
    }

    #[test]
    fn a_pause_while_it_begins_anew_holds_everything_back() {
        for role in ["abort", "create"] {
            let mut world = world();
            world.part_fault(4, 1, How::Say(503, Some(10)));
            let id = world.upload(12 * MIB, parts_of(MIB));
            world.run_until(|world| world.life(id).restarts == 1 && runs(world.life(id), role));
            world.pause(id);
            world.run_for(seconds(60));
            let counts = |world: &World<Plain>| ["abort", "create", "part"].map(|role| world.life(id).count(role));
            let before = counts(&world);
            world.run_for(seconds(3_600));
            assert_eq!((counts(&world), world.life(id).state), (before, State::Paused));
            world.resume(id);
            world.run();
            assert_stored(&world, id);
            assert_eq!((world.life(id).restarts, world.life(id).count("create")), (1, 2));
        }
    }

    #[test]
    fn a_part_that_fails_during_a_pause_begins_anew_when_that_is_over() {
        let mut world = world();
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).in_flight() == 6);
        world.part_fault(3, 1, How::Say(500, None));
        world.pause(id);
        world.go_offline(seconds(1));
        world.run_for(seconds(600));
        assert_eq!((world.life(id).restarts, world.life(id).count("abort")), (1, 0));
        world.resume(id);
        world.run();
        assert_stored(&world, id);
        assert_nothing_left(&world);
    }

    #[test]
    fn a_session_that_cannot_be_removed_does_not_hold_the_next_one_up_and_is_told_of_in_the_end() {
        for (how, tries, left) in [
            (How::Say(500, None), 2, Some("removing a session that was given up: the service said Fault")),
            (How::Say(400, None), 1, Some("removing a session that was given up: the service said Fault")),
            (How::Say(404, None), 1, None),
            (How::Say(429, Some(301)), 1, Some("removing a session that was given up: the service said Fault")),
            (
                How::Stall(0.5),
                2,
                Some("removing a session that was given up: no answer within 60 s from https://api.example"),
            ),
        ] {
            let mut world = world();
            world.part_fault(4, 1, How::Say(500, None));
            world.break_for_good("abort", how);
            let id = world.upload(12 * MIB, parts_of(MIB));
            world.run();
            let life = world.life(id);
            assert!(life.is_stored(), "{how:?}: {:?}", life.ending);
            assert_eq!((life.count("abort"), life.count("create")), (tries, 2), "{how:?}");
            assert_eq!(life.over.as_ref().unwrap().as_deref(), left, "{how:?}");
            // Each attempt that is told of is followed by another one.
            assert_eq!(life.retries.len(), tries, "{how:?}: {:?}", life.retries);
        }
    }

    #[test]
    fn of_several_sessions_that_cannot_be_removed_each_is_told_of() {
        let mut world = world();
        world.part_fault(4, 2, How::Say(500, None));
        world.fault("abort", 1, How::Say(400, None));
        world.fault("abort", 2, How::Stall(0.5));
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run();
        assert!(world.life(id).is_stored(), "{:?}", world.life(id).ending);
        let left = "removing a session that was given up: the service said Fault; \
                    removing a session that was given up: no answer within 60 s from https://api.example";
        assert_eq!(world.life(id).over.as_ref().unwrap().as_deref(), Some(left));
    }

    #[test]
    fn an_outage_after_a_removal_that_failed_is_waited_out() {
        let mut world = world();
        world.part_fault(4, 1, How::Say(500, None));
        world.fault("abort", 1, How::Say(500, None));
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).count("abort") == 2);
        world.run_for(Duration::from_millis(5));
        world.go_offline(seconds(200));
        world.run();
        assert_stored(&world, id);
        assert_nothing_left(&world);
    }

    #[test]
    fn it_is_being_created_until_the_first_part_of_the_next_session_goes_out() {
        let mut world = world_of(|rules| rules.preparing = Preparing::Tickets { batch: 50 });
        world.part_fault(4, 1, How::Say(500, None));
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).restarts == 1);
        world.run_until(|world| runs(world.life(id), "sign"));
        assert_eq!(world.life(id).state, State::Creating);
        world.run();
        assert_stored(&world, id);
    }

    #[test]
    fn a_service_that_cannot_remove_sessions_is_asked_for_another_one() {
        let mut world = world_of(|rules| rules.discards = false);
        world.part_fault(4, 2, How::Say(500, None));
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run();
        let life = world.life(id);
        assert!(life.is_stored(), "{:?}", life.ending);
        assert_eq!((life.restarts, life.count("abort")), (2, 0));
        let left = "the service has no way to remove an upload that was given up";
        assert_eq!(life.over.as_ref().unwrap().as_deref(), Some(left));
    }

    #[test]
    fn late_answers_of_a_session_that_was_given_up_are_ignored() {
        let mut world = world();
        world.cancels = Cancels::Never;
        world.part_fault(1, 1, How::Say(500, None));
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        let life = world.life(id);
        assert_eq!(life.receipts.len(), 12);
        let last = times(life, "create")[1];
        assert!(life.receipts.iter().all(|(at, _)| *at > last));
    }

    #[test]
    fn a_sleep_costs_one_session_at_most() {
        let mut world = world();
        let id = world.upload(24 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).progress.parts_stored == 7);
        world.sleep(seconds(8 * 3_600));
        world.go_offline(seconds(2));
        world.run();
        assert_stored(&world, id);
        assert_eq!(world.life(id).restarts, 1);
        let mut world = self::world();
        let id = world.upload(24 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).progress.parts_stored == 7);
        world.sleep(seconds(8 * 3_600));
        world.run();
        assert_stored(&world, id);
        assert_eq!(world.life(id).restarts, 0);
    }

    #[test]
    fn a_sleep_that_begins_while_called_back_parts_have_not_ended_is_no_outage() {
        let mut world = world_of(|rules| rules.digests = Digests::First);
        world.cancels = Cancels::Late(5_000);
        // It is cut before the others are answered, and nobody knocks until they have ended.
        world.part_fault(2, 1, How::Drop(0.5));
        let id = world.upload(24 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).restarts == 1);
        assert_eq!(world.life(id).state, State::Offline);
        world.sleep(seconds(1_500));
        world.run();
        assert_stored(&world, id);
    }

    #[test]
    fn an_outage_of_the_whole_origin_costs_one_session() {
        for swallows in [true, false] {
            let mut world = world();
            world.line.swallows = swallows;
            let id = world.upload(24 * MIB, limited(1));
            world.run_until(|world| world.life(id).progress.parts_stored == 7);
            world.go_offline(seconds(200));
            world.run();
            assert!(world.life(id).is_stored(), "{:?}", world.life(id).ending);
            assert_eq!(world.life(id).restarts, 1, "{swallows}");
            if !swallows {
                // What is silent is cut, and counts; and a session that cannot be removed is left.
                assert_stored(&world, id);
                assert_eq!(world.life(id).retries.len(), 1);
                assert_nothing_left(&world);
            }
        }
    }

    #[test]
    fn an_outage_while_it_begins_anew_costs_no_other_session() {
        for role in ["abort", "create"] {
            let mut world = world();
            world.part_fault(4, 1, How::Say(503, Some(5)));
            let id = world.upload(12 * MIB, limited(1));
            world.run_until(|world| world.life(id).restarts == 1 && runs(world.life(id), role));
            world.go_offline(seconds(200));
            world.run();
            assert_stored(&world, id);
            assert_eq!(world.life(id).restarts, 1, "{role}");
        }
    }

    #[test]
    fn an_outage_of_the_signer_ends_with_the_session() {
        let mut world = world_of(|rules| rules.preparing = Preparing::Tickets { batch: 12 });
        world.line.per_connection = 40.0;
        world.part_fault(7, 1, How::Say(503, Some(290)));
        let id = world.upload(24 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).count("sign") == 1);
        // The next ones are asked for in vain, until the part fails that has the service asked for patience.
        world.break_for_good("sign", How::Drop(0.0));
        world.run_until(|world| world.life(id).restarts == 1);
        world.mend();
        world.run();
        assert_stored(&world, id);
    }

    #[test]
    fn an_outage_that_does_not_end_while_it_begins_anew_is_told_and_can_be_taken_up() {
        let mut world = world();
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).in_flight() == 6);
        world.go_offline(seconds(10_000));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Network);
        world.go_online();
        let again = world.retry(id);
        world.run();
        assert_stored(&world, again);
        assert_eq!(world.life(again).count("create"), 1);
    }

    #[test]
    fn an_outage_that_does_not_end_while_a_session_is_removed_says_that_it_is_still_there() {
        let mut world = world();
        world.part_fault(4, 1, How::Say(503, Some(5)));
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).restarts == 1 && runs(world.life(id), "abort"));
        world.go_offline(seconds(10_000));
        world.run();
        let said = message(world.life(id)).to_owned();
        assert!(said.contains("the session that was given up before is still at the service"), "{said}");
        world.go_online();
        world.abort(id);
        world.run();
        assert_nothing_left(&world);
    }

    #[test]
    fn a_session_that_is_taken_up_is_given_up_unless_it_is_whole() {
        for inspects in [true, false] {
            let mut world = world_of(|rules| rules.inspects = inspects);
            let id = world.upload(12 * MIB, one_by_one());
            world.run_until(|world| world.life(id).progress.parts_stored == 5);
            interrupt(&mut world, id);
            let again = world.retry(id);
            world.run();
            assert_stored(&world, again);
            let life = world.life(again);
            assert_eq!((life.restarts, life.sends.len(), life.count("abort")), (1, 12, 1));
            assert!(matches!(life.ending, Some(Ending::Stored { resumed: false, .. })));
            assert_nothing_left(&world);

            let mut world = world_of(|rules| rules.inspects = inspects);
            world.fault("complete", 1, How::Say(400, None));
            let id = world.upload(12 * MIB, parts_of(MIB));
            world.run();
            let again = world.retry(id);
            world.run();
            assert_stored(&world, again);
            let life = world.life(again);
            assert_eq!((life.restarts, life.sends.len(), life.count("complete")), (0, 0, 1));
        }
    }

    #[test]
    fn giving_a_session_up_that_was_taken_up_is_none_of_the_three() {
        let mut world = world();
        let id = world.upload(12 * MIB, one_by_one());
        world.run_until(|world| world.life(id).progress.parts_stored == 5);
        interrupt(&mut world, id);
        world.part_fault(1, 3, How::Say(500, None));
        let again = world.retry(id);
        world.run();
        assert_stored(&world, again);
        assert_eq!(world.life(again).restarts, 4);
    }

    #[test]
    fn what_is_stored_is_forgotten_and_progress_does_not_fall() {
        let mut world = world();
        world.part_fault(10, 1, How::Say(500, None));
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).restarts == 1);
        let life = world.life(id);
        assert_eq!((life.progress.parts_stored, life.state), (0, State::Creating));
        assert_eq!(life.ledger, Ledger::default());
        world.run();
        assert_stored(&world, id);
    }

    mod completing {
        use super::*;

        #[test]
        fn a_completion_that_does_not_fit_what_is_stored_is_worth_a_new_session() {
            for watches in [true, false] {
                let mut world = world_of(|rules| rules.watches = watches);
                world.fault("complete", 1, How::Say(422, None));
                let id = world.upload(12 * MIB, parts_of(MIB));
                world.run();
                assert_stored(&world, id);
                let life = world.life(id);
                assert_eq!((life.restarts, life.count("create"), life.count("abort")), (1, 2, 1));
                assert_eq!((life.sends.len(), life.count("complete")), (24, 2));
                let (_, error, attempt, _) = &life.retries[0];
                assert_eq!((life.retries.len(), error.code, error.part, *attempt), (1, ErrorCode::Checksum, None, 1));
                assert!(error.message.starts_with("completing the upload:"), "{error}");
                assert!(matches!(life.ending, Some(Ending::Stored { resumed: false, .. })));
                assert_nothing_left(&world);
            }
        }

        #[test]
        fn sessions_are_given_up_three_times_whatever_for() {
            for (limit, parts, completions) in
                [(5, 0, 4), (5, 1, 3), (5, 2, 2), (5, 3, 1), (1, 0, 2), (1, 1, 1), (0, 0, 1)]
            {
                let mut world = world();
                world.part_fault(4, parts, How::Say(500, None));
                world.break_for_good("complete", How::Say(422, None));
                let id = world.upload(12 * MIB, limited(limit));
                world.run();
                let life = world.life(id);
                assert_eq!(
                    (code(life), life.count("complete")),
                    (ErrorCode::Checksum, completions),
                    "{limit}, {parts}"
                );
                assert_eq!(life.restarts as usize, completions + parts as usize - 1);
                assert!(message(life).starts_with("completing the upload:"), "{}", message(life));
            }
        }

        #[test]
        fn a_completion_that_may_have_been_good_is_asked_about_first() {
            // It was good.
            let mut world = world_of(|rules| rules.watches = true);
            world.fault("complete", 1, How::SayFalsely(502));
            world.fault("complete", 1, How::Say(422, None));
            let id = world.upload(12 * MIB, parts_of(MIB));
            world.run();
            assert_stored(&world, id);
            assert_eq!((world.life(id).restarts, world.life(id).count("complete")), (0, 2));
            // It was not.
            let mut world = world_of(|rules| rules.watches = true);
            world.fault("complete", 1, How::Say(502, None));
            world.fault("complete", 1, How::Say(422, None));
            let id = world.upload(12 * MIB, parts_of(MIB));
            world.run();
            assert_stored(&world, id);
            assert_eq!((world.life(id).restarts, world.life(id).count("complete")), (1, 3));
            assert_nothing_left(&world);
        }

        #[test]
        fn a_completion_that_is_refused_for_another_reason_is_final() {
            for status in [400, 404, 409] {
                let mut world = world_of(|rules| rules.watches = true);
                world.fault("complete", 1, How::Say(502, None));
                world.fault("complete", 1, How::Say(status, None));
                let id = world.upload(12 * MIB, parts_of(MIB));
                world.run();
                assert_eq!((code(world.life(id)), world.life(id).restarts), (ErrorCode::Rejected, 0), "{status}");
            }
        }

        #[test]
        fn the_speed_is_that_of_the_new_session() {
            let mut world = world();
            world.fault("complete", 1, How::Say(422, None));
            let id = world.upload(96 * MIB, parts_of(MIB));
            world.run_until(|world| world.life(id).restarts == 1);
            world.run_until(|world| world.life(id).progress.parts_stored == 6);
            let progress = world.life(id).progress;
            assert!(progress.rate > 1_000_000.0 && progress.left.is_some(), "{progress:?}");
        }

        #[test]
        fn a_completion_that_may_have_been_good_is_unproven_where_nobody_can_be_asked() {
            let mut world = world();
            world.fault("complete", 1, How::Say(502, None));
            world.fault("complete", 1, How::Say(422, None));
            let id = world.upload(12 * MIB, parts_of(MIB));
            world.run();
            assert_eq!((code(world.life(id)), world.life(id).restarts), (ErrorCode::Unproven, 0));
        }

        #[test]
        fn where_numbers_may_be_used_again_another_session_would_fare_no_better() {
            let mut world = world_of(|rules| rules.numbers = Numbers::Reusable);
            world.fault("complete", 1, How::Say(422, None));
            let id = world.upload(12 * MIB, parts_of(MIB));
            world.run();
            assert_eq!((code(world.life(id)), world.life(id).restarts), (ErrorCode::Checksum, 0));
        }

        #[test]
        fn what_was_taken_up_and_does_not_fit_is_sent_anew() {
            let mut world = world_of(|rules| rules.watches = true);
            world.fault("complete", 1, How::Say(400, None));
            let id = world.upload(12 * MIB, parts_of(MIB));
            world.run();
            world.fault("complete", 1, How::Say(422, None));
            let again = world.retry(id);
            world.run();
            assert_stored(&world, again);
            let life = world.life(again);
            assert_eq!((life.restarts, life.sends.len()), (1, 12));
            assert!(matches!(life.ending, Some(Ending::Stored { resumed: false, .. })));
        }

        #[test]
        fn an_abort_after_a_completion_that_did_not_fit_leaves_nothing() {
            let mut world = world();
            world.fault("complete", 1, How::Say(422, None));
            let id = world.upload(12 * MIB, parts_of(MIB));
            world.run_until(|world| world.life(id).restarts == 1);
            world.abort(id);
            world.run();
            assert_eq!(world.life(id).over, Some(None));
            assert_nothing_left(&world);
        }
    }
}

mod each {
    use super::*;

    /// A service that functions of the app describe: one is asked for each attempt at a part.
    fn world() -> World<Plain> {
        world_of(|_| {})
    }

    fn world_of(change: impl FnOnce(&mut Rules)) -> World<Plain> {
        let mut world = world_with(|rules| {
            rules.preparing = Preparing::Each;
            rules.api = None;
            rules.inspects = false;
            change(rules);
        });
        world.store.lifetime = None;
        world
    }

    #[test]
    fn each_attempt_has_a_ticket_of_its_own_and_knows_which_it_is() {
        let mut world = world();
        world.part_fault(2, 2, How::Drop(0.5));
        world.part_fault(2, 1, How::Say(500, None));
        world.part_fault(3, 1, How::Say(403, None));
        let id = world.upload(4 * MIB, one_by_one());
        world.run();
        assert_stored(&world, id);
        let life = world.life(id);
        let of = |part| {
            life.attempts.iter().filter(|(index, _)| *index == part).map(|(_, attempt)| *attempt).collect::<Vec<_>>()
        };
        assert_eq!(of(0), [1]);
        let seconds = of(1);
        assert!(seconds.len() == 4 && seconds.is_sorted() && seconds.last() > Some(&1), "{seconds:?}");
        // What was in hand when another one was refused is not tried.
        assert_eq!((life.count("sign"), life.attempts.len()), (9, 9));
        // That no ticket is used twice, the world itself sees to.
        assert_eq!(life.sends.len(), 8);
    }

    #[test]
    fn tickets_are_asked_for_one_by_one_and_not_far_ahead() {
        for concurrency in [None, Some(1), Some(2), Some(9)] {
            let mut world = world();
            world.line.connections = 9;
            let id = world.upload(40 * MIB, Config { concurrency, ..parts_of(MIB) });
            let mut most = 0;
            while world.life(id).ending.is_none() && world.step(u64::MAX) {
                let life = world.life(id);
                let in_hand = life.count("sign") - life.sends.len();
                most = most.max(in_hand);
                let free = concurrency.unwrap_or(6) as usize - life.in_flight();
                assert!(in_hand <= free + 1, "{in_hand} in hand, {free} slots are free");
            }
            assert_stored(&world, id);
            assert_eq!((world.life(id).count("sign"), world.life(id).sends.len()), (40, 40));
            assert!(most >= 1);
        }
    }

    #[test]
    fn slow_functions_do_not_leave_slots_idle_for_longer_than_they_take() {
        let mut world = world();
        world.line.function = 300;
        let id = world.upload(24 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        let took = world.life(id).ended_at - world.life(id).sends[0].at;
        assert!(took < 5_500, "{took} ms for four rounds of about a second");
    }

    #[test]
    fn a_function_that_never_settles_is_named() {
        let mut world = world();
        world.break_for_good("sign", How::Stall(0.0));
        let id = world.upload(4 * MIB, parts_of(MIB));
        let from = world.now;
        world.run();
        let life = world.life(id);
        assert_eq!(code(life), ErrorCode::Callback);
        assert!(message(life).contains("your function `part` did not settle"), "{}", message(life));
        assert!((120_000..121_000).contains(&(life.ended_at - from)));
        assert!(life.running.is_empty());
    }

    #[test]
    fn one_that_never_settles_among_those_that_do_ends_it_too() {
        let mut world = world();
        let id = world.upload(40 * MIB, one_by_one());
        world.run_until(|world| world.life(id).progress.parts_stored == 5);
        world.fault("sign", 1, How::Stall(0.0));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Callback);
        let unlimited = Timeouts { function: None, ..Timeouts::default() };
        let mut world = self::world();
        world.fault("sign", 1, How::Hold(3_600_000));
        let id = world.upload(4 * MIB, Config { timeouts: unlimited, ..parts_of(MIB) });
        world.run();
        assert_stored(&world, id);
    }

    #[test]
    fn a_function_that_throws_ends_it() {
        let mut world = world();
        world.fault("sign", 1, How::Drop(0.0));
        let id = world.upload(4 * MIB, parts_of(MIB));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Callback);
    }

    #[test]
    fn a_pause_keeps_what_is_in_hand_and_asks_for_nothing() {
        let mut world = world();
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).in_flight() == 6);
        world.pause(id);
        world.run_for(seconds(60));
        let count = world.life(id).count("sign");
        world.run_for(seconds(3_600));
        assert_eq!(world.life(id).count("sign"), count);
        world.resume(id);
        world.run();
        assert_stored(&world, id);
        assert_eq!(world.life(id).sends.len(), 18);
    }

    #[test]
    fn an_outage_of_the_store_spends_no_attempt() {
        let mut world = world();
        let id = world.upload(12 * MIB, limited(1));
        world.run_until(|world| world.life(id).in_flight() == 6);
        world.go_offline(seconds(100));
        world.run();
        assert_stored(&world, id);
        assert_eq!(world.life(id).retries.len(), 0);
    }

    #[test]
    fn two_tickets_that_are_refused_as_well_are_unauthorized() {
        let mut world = world();
        world.break_for_good("part", How::Say(403, None));
        let id = world.upload(MIB, parts_of(MIB));
        world.run();
        assert_eq!((code(world.life(id)), world.life(id).sends.len()), (ErrorCode::Unauthorized, 3));
    }

    #[test]
    fn a_removal_that_is_looked_after_by_a_function_that_throws_is_believed() {
        // An app's `list` of a session that is gone throws: that it is gone is what it says.
        let mut world = world_of(|rules| rules.inspects = true);
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).progress.parts_stored == 3);
        world.fault("list", 1, How::Fail(Fails::Callback));
        world.abort(id);
        world.run();
        let life = world.life(id);
        assert_eq!((life.count("abort"), life.count("list"), &life.over), (1, 1, &Some(None)));
        // A removal that throws is none.
        let mut world = world_of(|rules| rules.inspects = true);
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).progress.parts_stored == 3);
        world.fault("abort", 1, How::Fail(Fails::Callback));
        world.abort(id);
        world.run();
        assert!(matches!(&world.life(id).over, Some(Some(left)) if left.contains("it failed on the spot")));
    }
}

mod at_once {
    use super::*;

    #[test]
    fn no_more_parts_fly_than_the_service_takes() {
        for (theirs, ours, most) in [
            (Some(2), None, 2),
            (Some(2), Some(20), 2),
            (Some(2), Some(1), 1),
            (Some(9), None, 6),
            (Some(9), Some(20), 9),
            (None, Some(4), 4),
        ] {
            for preparing in [Preparing::Nothing, Preparing::Tickets { batch: 50 }, Preparing::Each] {
                let mut world = world_with(|rules| {
                    rules.most_at_once = theirs;
                    rules.preparing = preparing;
                    rules.api = Some(Origin::new("https://store.example"));
                });
                world.line.connections = 20;
                world.most_in_flight = world.most_in_flight.max(most);
                let id = world.upload(40 * MIB, Config { concurrency: ours, ..parts_of(MIB) });
                if ours.is_none() {
                    world.lives.get_mut(&id).unwrap().config.concurrency = theirs;
                }
                assert_eq!(most_in_flight(&mut world, id), most, "{theirs:?} {ours:?} {preparing:?}");
                world.run();
                assert_stored(&world, id);
            }
        }
    }

    #[test]
    fn parts_are_cut_for_as_many_as_fly() {
        let limits = Plain::new().rules.limits;
        let rules = Rules { most_at_once: Some(2), ..Rules::plain(limits, None) };
        let upload =
            Upload::new(Config::default(), rules, 80 * MIB, Ledger::<Gift>::default(), Dice::seeded(1)).unwrap();
        assert_eq!(upload.plan().parts() % 2, 0);
    }
}

mod taking_up {
    use super::*;

    #[test]
    fn what_the_service_has_forgotten_begins_anew() {
        let mut world = world_with(|rules| rules.inspects = false);
        let id = world.upload(12 << 20, parts_of(1 << 20));
        world.run_until(|world| world.life(id).progress.parts_stored >= 2);
        let id = world.reload(id);
        world.store.forget("up/0 +?&=\u{1f980}");
        world.run();
        assert_stored(&world, id);
        assert_eq!((world.life(id).restarts, world.life(id).count("create")), (1, 1));
    }

    #[test]
    fn what_was_forgotten_begins_anew_even_if_nothing_is_to_be_tried_again() {
        for rules in [(false, Preparing::Nothing), (true, Preparing::Tickets { batch: 50 })] {
            let mut world = world_with(|plain| (plain.inspects, plain.preparing) = rules);
            let id = world.upload(12 << 20, limited(0));
            world.run_until(|world| world.life(id).progress.parts_stored >= 2);
            let id = world.reload(id);
            world.store.forget("up/0 +?&=\u{1f980}");
            world.run();
            assert_stored(&world, id);
        }
    }

    #[test]
    fn what_the_service_has_forgotten_begins_anew_where_it_says_so_when_urls_are_asked_for() {
        for (status, times) in [(400, 1), (404, 2)] {
            let mut world = world_with(|rules| rules.inspects = false);
            let id = world.upload(12 * MIB, limited(0));
            world.run_until(|world| world.life(id).progress.parts_stored >= 2);
            // A batch that is not known is asked for one by one first.
            world.fault("sign", times, How::Say(status, None));
            let id = world.reload(id);
            world.store.forget(FIRST);
            world.run();
            assert_stored(&world, id);
            assert_eq!((world.life(id).restarts, world.life(id).count("create")), (1, 1), "{status}");
        }
    }

    #[test]
    fn urls_that_are_refused_of_what_is_listed_are_an_error_and_cost_no_session() {
        let mut world = world_with(|_| ());
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).progress.parts_stored >= 2);
        world.fault("sign", 1, How::Say(400, None));
        let id = world.reload(id);
        world.run();
        assert_eq!((code(world.life(id)), world.life(id).restarts), (ErrorCode::Rejected, 0));
    }

    #[test]
    fn a_page_that_is_gone_is_gone_on_from() {
        let mut world = world_with(|rules| rules.inspects = false);
        let id = world.upload(12 << 20, parts_of(1 << 20));
        world.run_until(|world| world.life(id).progress.parts_stored >= 2);
        let stored = world.life(id).progress.parts_stored as usize;
        let id = world.reload(id);
        world.run();
        assert_stored(&world, id);
        assert_eq!((world.life(id).sends.len(), world.life(id).count("create")), (12 - stored, 0));
    }

    #[test]
    fn what_is_in_hand_is_not_written_down_again_when_it_is_listed() {
        let mut world = world_with(|_| ());
        let id = world.upload(12 * MIB, one_by_one());
        world.run_until(|world| world.life(id).progress.parts_stored == 5);
        interrupt(&mut world, id);
        let again = world.retry(id);
        world.run_until(|world| !world.life(again).sends.is_empty());
        assert_eq!((world.life(again).progress.parts_stored, world.life(again).journal.lost_after(0)), (5, 0));
    }

    #[test]
    fn a_session_that_was_not_taken_up_and_is_forgotten_is_an_error() {
        let mut world = world_with(|rules| rules.inspects = false);
        let id = world.upload(12 << 20, parts_of(1 << 20));
        world.run_until(|world| world.life(id).progress.parts_stored >= 2);
        world.store.forget("up/0 +?&=\u{1f980}");
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Rejected);
    }

    #[test]
    fn parts_that_are_stored_and_have_no_receipt_cost_the_session_where_only_missing_ones_are_signed() {
        let mut world = world_with(|rules| rules.inspects = false);
        let id = world.upload(12 << 20, parts_of(1 << 20));
        world.run_until(|world| world.life(id).progress.parts_stored >= 2);
        // The page dies before a receipt is written down, and the service signs what it has not got.
        world.lose_answer("part");
        world.run_until(|world| !world.life(id).running.is_empty());
        let id = world.reload(id);
        world.store.omitted = (1..=12).collect();
        world.run_until(|world| world.life(id).restarts == 1);
        world.store.omitted.clear();
        world.run();
        assert_stored(&world, id);
        assert_eq!(world.life(id).count("create"), 1);
    }

    #[test]
    fn urls_that_never_come_for_parts_that_were_never_sent_are_an_error() {
        let mut world = world_with(|_| ());
        world.store.omitted = (1..=12).collect();
        let id = world.upload(12 << 20, parts_of(1 << 20));
        world.run();
        assert_eq!((code(world.life(id)), world.life(id).restarts), (ErrorCode::Protocol, 0));
    }
}

mod gone_while_completing {
    use super::*;

    /// A page that is gone when its completion has taken effect, or before it has.
    fn gone(rules: impl FnOnce(&mut Rules), took_effect: bool) -> (World<Plain>, UploadId) {
        let mut world = world_with(|plain| {
            plain.inspects = false;
            rules(plain);
        });
        world.store.idempotent = false;
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run_until(|world| runs(world.life(id), "complete"));
        if took_effect {
            world.run_until(|world| world.store.object(FIRST).is_some());
            assert!(runs(world.life(id), "complete"), "the answer was not on its way any more");
        } else {
            world.go_offline(seconds(1));
        }
        interrupt(&mut world, id);
        assert_eq!(world.store.object(FIRST).is_some(), took_effect);
        assert!(world.life(id).ledger.is_closing());
        world.run_for(seconds(2));
        (world, id)
    }

    #[test]
    fn a_completion_that_never_arrived_is_made_by_the_next_visit_and_no_part_is_sent_again() {
        for (inspects, verifies, watches) in [
            (false, false, false),
            (true, false, false),
            (false, true, false),
            (true, true, false),
            (false, false, true),
        ] {
            let (mut world, id) =
                gone(|rules| (rules.inspects, rules.verifies, rules.watches) = (inspects, verifies, watches), false);
            let again = world.retry(id);
            world.run();
            assert_stored(&world, again);
            let life = world.life(again);
            assert_eq!((life.sends.len(), life.count("complete")), (0, 1), "{inspects} {verifies} {watches}");
            assert!(world.life(again).ledger.session().is_none());
        }
    }

    #[test]
    fn one_that_took_effect_is_found_where_the_service_can_be_asked() {
        for (inspects, verifies, watches) in [(false, true, false), (true, true, false), (false, false, true)] {
            let (mut world, id) =
                gone(|rules| (rules.inspects, rules.verifies, rules.watches) = (inspects, verifies, watches), true);
            let again = world.retry(id);
            world.run();
            assert_stored(&world, again);
            let life = world.life(again);
            assert_eq!((life.sends.len(), life.count("create"), life.count("complete")), (0, 0, 0));
        }
    }

    #[test]
    fn one_that_took_effect_is_confirmed_by_a_store_that_answers_twice() {
        let (mut world, id) = gone(|rules| rules.inspects = true, true);
        world.store.idempotent = true;
        let again = world.retry(id);
        world.run();
        assert_stored(&world, again);
        assert_eq!((world.life(again).sends.len(), world.life(again).count("create")), (0, 0));
    }

    #[test]
    fn one_that_took_effect_and_cannot_be_asked_about_is_unproven_once_and_never_stored_twice_unasked() {
        let api = || Some(Origin::new("https://api.example"));
        for (inspects, api) in [(false, api()), (true, api()), (false, None), (true, None)] {
            let (mut world, id) = gone(|rules| (rules.inspects, rules.api) = (inspects, api), true);
            let again = world.retry(id);
            world.run();
            let life = world.life(again);
            assert_eq!((code(life), life.sends.len(), life.count("create")), (ErrorCode::Unproven, 0, 0));
            assert!(message(life).contains("check whether it is stored before you upload again"), "{}", message(life));
            // Whoever has looked, and uploads again, is not told the same for ever.
            let third = world.retry(again);
            world.run();
            assert_stored(&world, third);
            assert_eq!(world.life(third).sends.len(), 3);
        }
    }

    #[test]
    fn one_that_never_arrived_and_whose_session_is_forgotten_begins_anew_where_the_object_can_be_looked_for() {
        for inspects in [false, true] {
            let (mut world, id) = gone(|rules| (rules.inspects, rules.verifies) = (inspects, true), false);
            world.expire_session(id);
            let again = world.retry(id);
            world.run();
            assert_stored(&world, again);
            assert_eq!((world.life(again).restarts, world.life(again).sends.len()), (1, 3), "{inspects}");
        }
    }

    #[test]
    fn one_whose_session_is_forgotten_by_whoever_is_asked_about_it_is_unproven_once() {
        for (inspects, api) in [(false, Some("https://api.example")), (true, Some("https://api.example")), (true, None)]
        {
            let api = api.map(Origin::new);
            let change = |rules: &mut Rules| (rules.inspects, rules.watches, rules.api) = (inspects, true, api);
            let (mut world, id) = gone(change, false);
            world.expire_session(id);
            let again = world.retry(id);
            world.run();
            assert_eq!((code(world.life(again)), world.life(again).count("create")), (ErrorCode::Unproven, 0));
            let third = world.retry(again);
            world.run();
            assert_stored(&world, third);
        }
    }

    /// What a backend in production says of whatever goes wrong.
    const SOMETHING: How = How::Say(500, None);

    #[test]
    fn one_of_which_a_backend_says_no_more_than_that_something_went_wrong_is_unproven_once() {
        let (mut world, id) = gone(|rules| rules.inspects = true, true);
        world.break_for_good("list", SOMETHING);
        world.fault("complete", 6, SOMETHING);
        let again = world.retry(id);
        world.run();
        let life = world.life(again);
        assert_eq!((code(life), life.sends.len(), life.count("create")), (ErrorCode::Unproven, 0, 0));
        assert_eq!((life.count("list"), life.count("complete"), life.error().unwrap().status), (6, 6, Some(500)));
        for words in
            ["the page was gone", "the service said Fault", "check whether it is stored before you upload again"]
        {
            assert!(message(life).contains(words), "{}", message(life));
        }
        let third = world.retry(again);
        world.run();
        let life = world.life(third);
        assert!(life.is_stored(), "{:?}", life.ending);
        assert_eq!((life.sends.len(), life.count("create"), life.restarts), (3, 1, 1));
        assert!(matches!(&life.over, Some(Some(left)) if left.contains("earlier visit")), "{:?}", life.over);
    }

    #[test]
    fn one_that_a_backend_does_not_list_any_more_is_proven_where_the_store_answers_twice() {
        let (mut world, id) = gone(|rules| rules.inspects = true, true);
        world.store.idempotent = true;
        world.break_for_good("list", SOMETHING);
        let again = world.retry(id);
        world.run();
        assert_stored(&world, again);
        let life = world.life(again);
        assert_eq!((life.sends.len(), life.count("list"), life.count("complete")), (0, 6, 1));
    }

    #[test]
    fn one_that_never_arrived_and_is_unproven_because_a_backend_was_in_trouble_is_gone_on_from() {
        let (mut world, id) = gone(|rules| rules.inspects = true, false);
        world.fault("list", 6, SOMETHING);
        world.fault("complete", 6, SOMETHING);
        let again = world.retry(id);
        world.run();
        assert_eq!(code(world.life(again)), ErrorCode::Unproven);
        let third = world.retry(again);
        world.run();
        assert_stored(&world, third);
        assert_eq!((world.life(third).sends.len(), world.life(third).count("create")), (0, 0));
    }

    #[test]
    fn one_that_is_unproven_because_a_backend_is_in_trouble_can_still_be_removed() {
        let (mut world, id) = gone(|rules| rules.inspects = true, false);
        world.fault("list", 6, SOMETHING);
        world.fault("complete", 6, SOMETHING);
        let again = world.retry(id);
        world.run();
        world.abort(again);
        world.run();
        assert_eq!(world.store.told_and_open(), Vec::<&str>::new());
    }

    #[test]
    fn one_that_was_refused_is_not_doubted_and_begins_anew_when_it_is_taken_up() {
        let mut world = world_with(|rules| rules.inspects = false);
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.fault("complete", 1, How::Say(400, None));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Rejected);
        assert!(!world.life(id).ledger.is_closing());
        world.fault("complete", 1, How::Say(400, None));
        let again = world.retry(id);
        world.run();
        assert_stored(&world, again);
        assert_eq!((world.life(again).restarts, world.life(again).sends.len()), (1, 3));
    }
}

mod reckoning {
    use super::*;

    /// A page that is gone when six parts are stored, and the receipts of two of them are in hand.
    fn gone() -> (World<Plain>, UploadId) {
        let mut world = world_with(|rules| (rules.inspects, rules.reckons) = (false, true));
        world.store.signs_missing = true;
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).progress.parts_stored == 2);
        world.run_until(|world| world.store.stored(FIRST).len() >= 6);
        let id = world.reload(id);
        (world, id)
    }

    #[test]
    fn receipts_that_died_with_a_page_are_reckoned_and_no_part_is_sent_twice() {
        let (mut world, id) = gone();
        let (stored, known) = (world.store.stored(FIRST).len(), world.life(id).ledger.clone().into_receipts().len());
        assert!(known < stored, "no receipt was lost");
        world.run();
        assert_stored(&world, id);
        let life = world.life(id);
        assert_eq!((life.sends.len(), life.count("receipt"), life.restarts), (12 - stored, stored - known, 0));
    }

    #[test]
    fn receipts_that_were_reckoned_are_written_down() {
        let (mut world, id) = gone();
        let stored = world.store.stored(FIRST);
        let is_written = |world: &World<Plain>, number: u32| {
            world.life(id).ledger.clone().into_receipts().iter().any(|(index, _)| index + 1 == number)
        };
        world.run_until(|world| stored.iter().all(|number| is_written(world, *number)));
        assert!(world.life(id).sends.iter().all(|sent| !stored.contains(&(sent.index + 1))), "one was sent instead");
        world.run();
        assert_stored(&world, id);
    }

    #[test]
    fn a_receipt_that_was_reckoned_wrongly_costs_the_session_and_not_the_upload() {
        let (mut world, id) = gone();
        world.fault("complete", 1, How::Say(400, None));
        world.run();
        assert_stored(&world, id);
        assert_eq!((world.life(id).restarts, world.life(id).count("complete")), (1, 2));
    }

    #[test]
    fn an_answer_that_was_lost_is_made_up_for_as_well() {
        let mut world = world_with(|rules| (rules.inspects, rules.reckons) = (false, true));
        world.store.signs_missing = true;
        // URLs are asked for anew when there was no answer on one of them twice.
        world.part_fault(3, 2, How::Lose);
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        let life = world.life(id);
        assert_eq!((life.restarts, life.count("create"), life.count("receipt")), (0, 1, 1));
    }

    #[test]
    fn an_answer_that_was_made_up_for_wrongly_costs_the_session_and_not_the_upload() {
        let mut world = world_with(|rules| (rules.inspects, rules.reckons) = (false, true));
        world.store.signs_missing = true;
        world.part_fault(3, 2, How::Lose);
        world.fault("complete", 1, How::Say(400, None));
        let id = world.upload(12 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        let life = world.life(id);
        assert_eq!((life.restarts, life.count("create"), life.count("receipt")), (1, 2, 1));
    }

    #[test]
    fn a_file_that_cannot_be_read_any_more_is_told() {
        let (mut world, id) = gone();
        world.fault("receipt", 1, How::Fail(Fails::FileChanged));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::FileChanged);
    }
}

mod digesting {
    use super::*;

    fn world(digests: Digests) -> World<Plain> {
        world_with(|rules| rules.digests = digests)
    }

    fn times_digested(world: &World<Plain>, id: UploadId, index: u32) -> usize {
        world.life(id).digested.iter().filter(|digested| **digested == index).count()
    }

    #[test]
    fn the_first_byte_waits_for_one_part_and_not_for_the_file() {
        let mut world = world(Digests::First);
        let id = world.upload(200 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).in_flight() == 1);
        let life = world.life(id);
        assert_eq!(life.attempts.first(), Some(&(0, 1)), "the first part was signed alone");
        assert!(life.digested.len() <= 14, "{} parts were read before the first was sent", life.digested.len());
        world.run_until(|world| world.life(id).progress.parts_stored == 50);
        let life = world.life(id);
        let ahead = life.digested.len() - life.sends.len();
        assert!(ahead <= 12, "{ahead} parts were read ahead of what is sent");
        world.run();
        assert_stored(&world, id);
        let life = world.life(id);
        assert_eq!(life.digested.len(), 200, "each part is read once for its digest");
        assert!(life.count("sign") <= 200 / 3, "{} requests for URLs", life.count("sign"));
    }

    #[test]
    fn a_slow_disk_is_no_silence() {
        let mut world = world(Digests::First);
        world.fault("digest", 1, How::Hold(3_600_000));
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        assert!(world.life(id).retries.is_empty());
    }

    #[test]
    fn a_digest_outlives_its_url() {
        let mut world = world(Digests::First);
        let id = world.upload(30 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).in_flight() == 6);
        world.expire_urls();
        world.run();
        assert_stored(&world, id);
        let life = world.life(id);
        assert!(life.sends.len() > 30, "no URL was refused");
        assert_eq!(life.digested.len(), 30);
    }

    /// A service whose API takes the parts, and each number once.
    fn world_of_once() -> World<Plain> {
        world_with(|rules| {
            rules.preparing = Preparing::Nothing;
            rules.digests = Digests::First;
            rules.numbers = Numbers::Once;
        })
    }

    #[test]
    fn a_digest_outlives_its_session() {
        let mut world = world_of_once();
        world.part_fault(18, 1, How::Say(500, None));
        let id = world.upload(20 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        let life = world.life(id);
        assert_eq!(life.restarts, 1);
        assert_eq!(life.checked_sends, life.sends.len());
        // What was just being read when the session was given up is read again.
        assert!(life.digested.len() <= 20 + 2, "{} parts were read", life.digested.len());
    }

    #[test]
    fn what_the_store_finds_damaged_has_all_parts_read_again_for_the_next_session() {
        let mut world = world_of_once();
        world.part_fault(3, 1, How::Say(422, None));
        let id = world.upload(4 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        assert_eq!(world.life(id).restarts, 1);
        // The file may have changed under all of them, which each would cost a session of which there are few.
        assert_eq!([0, 1, 2, 3].map(|index| times_digested(&world, id, index)), [2, 2, 2, 2]);
    }

    #[test]
    fn what_the_store_finds_damaged_is_read_and_signed_again() {
        let mut world = world(Digests::First);
        world.part_fault(2, 1, How::Say(422, None));
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        assert_eq!([0, 1, 2].map(|index| times_digested(&world, id, index)), [1, 2, 1]);
        assert_eq!(world.life(id).retries.len(), 1);
    }

    #[test]
    fn what_is_damaged_every_time_is_a_checksum_error() {
        let mut world = world(Digests::First);
        world.part_fault(2, u32::MAX, How::Say(422, None));
        let id = world.upload(3 * MIB, limited(2));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Checksum);
        assert_eq!(world.life(id).error().unwrap().part, Some(1));
    }

    #[test]
    fn a_store_that_takes_no_digest_gets_the_parts_without() {
        for digests in [Digests::First, Digests::Asked] {
            let mut world = world(digests);
            world.service.wants_digest = true;
            world.store.refuses_digests = true;
            let id = world.upload(20 * MIB, parts_of(MIB));
            world.run();
            assert_stored(&world, id);
            let life = world.life(id);
            assert!(life.unchecked, "nobody was told");
            assert!(life.retries.is_empty(), "it cost an attempt");
            assert!(life.sends.len() <= 26, "{} parts were sent", life.sends.len());
        }
    }

    #[test]
    fn where_numbers_are_used_once_a_refused_digest_costs_the_session() {
        let mut world = world_with(|rules| {
            rules.digests = Digests::First;
            rules.numbers = Numbers::Once;
        });
        world.store.refuses_digests = true;
        let id = world.upload(20 * MIB, parts_of(MIB));
        world.run();
        assert_stored(&world, id);
        let life = world.life(id);
        assert_eq!((life.restarts, life.unchecked), (1, true));
    }

    #[test]
    fn a_url_that_asks_for_a_digest_gets_one() {
        for digests in [Digests::Asked, Digests::Expected] {
            let mut world = world(digests);
            world.service.wants_digest = true;
            let id = world.upload(100 * MIB, parts_of(MIB));
            world.run_until(|world| !world.life(id).sends.is_empty());
            assert!(world.life(id).digested.len() <= 12, "more was read than is sent soon");
            world.run();
            assert_stored(&world, id);
            let life = world.life(id);
            assert_eq!((life.digested.len(), life.unchecked), (100, false));
            assert_eq!(life.checked_sends, 100, "a part went without");
        }
    }

    #[test]
    fn that_no_url_asks_for_the_digest_is_told_to_whoever_counts_on_it() {
        for (digests, told) in [(Digests::Asked, false), (Digests::Expected, true)] {
            let mut world = world(digests);
            let id = world.upload(20 * MIB, parts_of(MIB));
            world.run();
            assert_stored(&world, id);
            assert_eq!((world.life(id).unchecked, world.life(id).digested.len()), (told, 0));
        }
    }

    #[test]
    fn a_pause_lets_a_digest_end_and_begins_none() {
        let mut world = world(Digests::First);
        world.fault("digest", 1, How::Hold(10_000));
        let id = world.upload(30 * MIB, parts_of(MIB));
        world.run_until(|world| runs(world.life(id), "digest"));
        world.pause(id);
        world.run_for(seconds(60));
        assert!(world.life(id).digested.len() <= 14 && !runs(world.life(id), "digest"));
        world.resume(id);
        world.run();
        assert_stored(&world, id);
        assert_eq!(world.life(id).digested.len(), 30);
    }

    #[test]
    fn a_file_that_is_gone_while_it_is_digested_ends_the_upload() {
        let mut world = world(Digests::First);
        world.fault("digest", 1, How::Fail(Fails::FileChanged));
        let id = world.upload(3 * MIB, parts_of(MIB));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::FileChanged);
    }

    #[test]
    fn what_is_stored_is_not_digested_after_a_reload() {
        let mut world = world(Digests::First);
        let id = world.upload(20 * MIB, one_by_one());
        world.run_until(|world| world.life(id).progress.parts_stored == 10);
        world.run_for(seconds(1));
        let next = world.reload(id);
        world.run();
        assert_stored(&world, next);
        assert!(world.life(next).digested.iter().all(|index| *index >= 10), "{:?}", world.life(next).digested);
    }

    #[test]
    fn a_header_that_cors_rules_forbid_is_found_out_and_left_out() {
        for at_once in [None, Some(1)] {
            let mut world = world(Digests::First);
            world.store.forbids_digests = true;
            let id = world.upload(20 * MIB, Config { concurrency: at_once, ..parts_of(MIB) });
            world.run();
            assert_stored(&world, id);
            let life = world.life(id);
            assert!(life.unchecked, "nobody was told");
            let unchecked = life.sends.len() - life.checked_sends;
            assert_eq!(unchecked, 20 + 1, "of the parts that were sent without, one was to find out");
            assert!(world.now < 20_000, "it took {} ms", world.now);
        }
    }

    #[test]
    fn parts_go_without_an_answer_rather_than_without_a_header_that_their_urls_are_signed_with() {
        let mut world = world(Digests::Asked);
        world.service.wants_digest = true;
        world.store.forbids_digests = true;
        let id = world.upload(5 * MIB, parts_of(MIB));
        world.run();
        assert_eq!(code(world.life(id)), ErrorCode::Network);
        assert!(message(world.life(id)).contains("the checksum's header"), "{}", message(world.life(id)));
        assert!(world.life(id).sends.len() == world.life(id).checked_sends, "one went without");
    }

    #[test]
    fn a_header_that_is_forbidden_is_found_out_even_if_nothing_is_to_be_tried_again() {
        let mut world = world(Digests::First);
        world.store.forbids_digests = true;
        let config = Config { retry: Retry { limit: 0, ..Retry::default() }, ..parts_of(MIB) };
        let id = world.upload(20 * MIB, config);
        world.run();
        assert_stored(&world, id);
    }

    #[test]
    fn it_is_found_out_at_once_that_a_header_is_forbidden_and_not_by_knocking() {
        let mut world = world(Digests::First);
        world.store.forbids_digests = true;
        let timeouts = Timeouts { outage: Duration::from_millis(450), ..Timeouts::default() };
        let id = world.upload(4 * MIB, Config { timeouts, ..one_by_one() });
        world.run();
        assert_stored(&world, id);
    }

    #[test]
    fn while_it_is_found_out_that_a_header_is_forbidden_an_origin_that_answers_at_once_is_not_stormed() {
        let mut world = world(Digests::First);
        // It signs, too, so that it is never out of reach for long.
        world.service.rules.api = Some(Origin::new("https://store.example"));
        world.store.forbids_digests = true;
        world.line.latency = 0;
        world.line.per_connection = 50.0;
        let id = world.upload(4 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).unchecked || world.life(id).sends.len() > 1_000);
        let sends = world.life(id).sends.len();
        assert!(sends < 30, "{sends} requests in {} ms", world.now);
    }

    #[test]
    fn parts_that_have_no_answer_for_their_header_do_not_storm_an_origin_that_signs_them_as_well() {
        let mut world = world(Digests::Asked);
        world.service.rules.api = Some(Origin::new("https://store.example"));
        world.service.wants_digest = true;
        world.store.forbids_digests = true;
        world.line.latency = 0;
        let id = world.upload(4 * MIB, parts_of(MIB));
        world.run_until(|world| world.life(id).ending.is_some() || world.life(id).sends.len() > 1_000);
        let sends = world.life(id).sends.len();
        assert!(sends < 100, "{sends} requests in {} ms", world.now);
        assert_eq!(code(world.life(id)), ErrorCode::Network);
    }

    /// The upload ends well, and each of its parts was stored with its digest.
    fn assert_checked(world: &mut World<Plain>, id: UploadId, situation: &str) {
        world.run_until(|world| runs(world.life(id), "complete"));
        let session = world.life(id).session.clone().unwrap();
        for number in 1..=world.life(id).plan.parts() {
            assert!(world.store.has_digest(&session, number), "{situation}: part {number} has no digest");
        }
        world.run();
        assert_stored(world, id);
        assert!(!world.life(id).unchecked, "{situation}: it was told that none is sent");
    }

    #[test]
    fn an_outage_is_not_taken_for_a_header_that_is_forbidden() {
        for swallows in [false, true] {
            for half_seconds in 0..160 {
                let mut world = world(Digests::First);
                world.line.swallows = swallows;
                let id = world.upload(5 * MIB, parts_of(MIB));
                world.run_until(|world| world.life(id).in_flight() > 0);
                world.go_offline(Duration::from_millis(500 * half_seconds));
                assert_checked(&mut world, id, &format!("{half_seconds} half seconds of outage"));
            }
        }
    }

    #[test]
    fn a_part_that_was_on_its_way_before_is_not_taken_for_a_header_that_is_forbidden() {
        let mut world = world(Digests::First);
        // The second part is lost after the first has been answered without its digest, and before any is with it.
        world.line.slow = Some((1, 0.5));
        world.part_fault(1, 1, How::Drop(0.0));
        world.part_fault(2, 1, How::Drop(0.75));
        let id = world.upload(4 * MIB, Config { concurrency: Some(2), ..parts_of(MIB) });
        assert_checked(&mut world, id, "a part that is lost");
        let life = world.life(id);
        assert_eq!(life.sends.len() - life.checked_sends, 1, "how often one went without to find out");
    }

    #[test]
    fn requests_that_are_lost_are_not_taken_for_a_header_that_is_forbidden() {
        for (lost, how) in (1..12).flat_map(|lost| [How::Drop(0.5), How::Lose].map(|how| (lost, how))) {
            let mut world = world(Digests::First);
            world.fault("part", lost, how);
            let id = world.upload(5 * MIB, parts_of(MIB));
            assert_checked(&mut world, id, &format!("{lost} times {how:?}"));
        }
    }

    #[test]
    fn a_store_whose_answers_to_a_part_without_its_digest_ask_for_patience_is_given_it() {
        let mut world = world(Digests::First);
        world.store.forbids_digests = true;
        let id = world.upload(5 * MIB, one_by_one());
        world.run_until(|world| !world.life(id).sends.is_empty());
        world.run_until(|world| world.life(id).sends.len() > world.life(id).checked_sends);
        world.slow_down(1, Some(5));
        world.run();
        assert_stored(&world, id);
        assert!(world.life(id).unchecked);
    }

    #[test]
    fn a_checksum_that_cors_rules_forbid_is_named_when_nothing_else_can_be_known() {
        for (digests, named) in [(Digests::First, true), (Digests::Never, false)] {
            let mut world = world(digests);
            world.break_for_good("part", How::Drop(0.0));
            let id = world.upload(3 * MIB, parts_of(MIB));
            world.run_until(|world| world.life(id).ending.is_some());
            let said = message(world.life(id));
            assert_eq!(said.contains("or they do not allow the checksum's header"), named, "{said}");
        }
    }
}
