//! Links of every kind: what is chosen without being told, beside the best that a person could have set who knows the link.
#![cfg(not(target_arch = "wasm32"))]

mod world;

use std::collections::VecDeque;
use upslice::core::{Config, Preparing, Retry};
use world::{How, Line, Plain, World};

const MIB: u64 = 1 << 20;

/// Bytes a millisecond.
const fn mib_a_second(rate: f64) -> f64 {
    rate * 1_048.576
}

/// What a person might set: as many parts at once, of such a size.
const AT_ONCE: [u32; 12] = [1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 32];
const SIZES: [Option<u64>; 5] = [None, Some(5 * MIB), Some(8 * MIB), Some(16 * MIB), Some(32 * MIB)];

struct Link {
    name: String,
    size: u64,
    line: Line,
    /// One of so many parts is cut on its way.
    cuts: Option<u32>,
    /// How much longer than with the best setting the first file of a page may take, and the next one.
    most: (f64, f64),
}

/// Seconds that an upload takes, the parts of it, how many more were sent; and seconds that the next one takes.
fn upload(link: &Link, config: &Config) -> (f64, usize, usize, f64) {
    let mut world = World::plain();
    world.line = Line { flowed: world.now, ..link.line.clone() };
    world.line.weather.iter_mut().for_each(|(at, _)| *at += world.now);
    world.service.rules.limits.min_part_size = 5 * MIB;
    for number in (1..4_000).filter(|number| link.cuts.is_some_and(|each| number % each == 0)) {
        world.part_fault(number, 1, How::Drop(0.5));
    }
    let id = world.upload(link.size, *config);
    world.run();
    let life = world.life(id);
    assert!(life.is_stored(), "{}: {:?}", link.name, life.ending);
    let parts = life.plan.parts() as usize;
    let taken = ((life.ended_at - 1_000) as f64 / 1_000.0, parts, life.sends.len() - parts);
    let began = world.now;
    let next = world.upload(link.size, *config);
    world.run();
    assert!(world.life(next).is_stored(), "{}: {:?}", link.name, world.life(next).ending);
    (taken.0, taken.1, taken.2, (world.life(next).ended_at - began) as f64 / 1_000.0)
}

fn links() -> Vec<Link> {
    let line = Line { latency: 30, per_connection: mib_a_second(2.0), total: mib_a_second(1_000.0), ..Line::default() };
    let link =
        |name: &str, size, line| Link { name: name.into(), size: size * MIB, line, cuts: None, most: (1.1, 1.1) };
    let dip = |at: u64, until: u64, factor| VecDeque::from([(at, factor), (until, 1.0)]);
    let waves = || (0..400).map(|wave| (wave * 700, [1.0, 0.5, 0.8, 0.4, 0.9][wave as usize % 5])).collect();
    let mut links = vec![
        link("six equal connections", 48, line.clone()),
        link("six equal connections, a file that does not divide", 53, line.clone()),
        link("six equal connections, a large file", 600, line.clone()),
        link("one bottleneck for all", 96, Line { total: mib_a_second(3.0), ..line.clone() }),
        link("one bottleneck that one connection fills", 96, Line { total: mib_a_second(2.0), ..line.clone() }),
        link("a long way", 200, Line { latency: 300, ..line.clone() }),
        link("a long way, fast", 600, Line { latency: 150, per_connection: mib_a_second(16.0), ..line.clone() }),
        link(
            "one slow connection of six",
            64,
            Line { slow: Some((2, 0.1)), per_connection: mib_a_second(8.0), ..line.clone() },
        ),
        link(
            "one slow connection of six, a large file",
            512,
            Line { slow: Some((2, 0.1)), per_connection: mib_a_second(8.0), ..line.clone() },
        ),
        link("a slow link", 60, Line { per_connection: mib_a_second(0.1), total: mib_a_second(0.3), ..line.clone() }),
        link("a dip", 96, Line { weather: dip(1_000, 3_000, 0.1), per_connection: mib_a_second(8.0), ..line.clone() }),
        link("a link that becomes slow", 96, Line { weather: dip(2_000, 4_000_000, 0.2), ..line.clone() }),
        Link { cuts: Some(12), ..link("one of twelve parts is cut", 300, line.clone()) },
        link("a store that bears four parts", 200, Line { crowd: Some(4), ..line.clone() }),
        link(
            "a store that bears four parts, and reads the others",
            200,
            Line { crowd: Some(4), reads_crowd: true, ..line.clone() },
        ),
        link(
            "a store that bears five parts, and reads the others",
            600,
            Line { crowd: Some(5), reads_crowd: true, ..line.clone() },
        ),
        link(
            "a store that bears four parts, a large file",
            1_000,
            Line { crowd: Some(4), reads_crowd: true, ..line.clone() },
        ),
        link(
            "many streams, each limited",
            200,
            Line { connections: 100, per_connection: mib_a_second(1.0), total: mib_a_second(16.0), ..line.clone() },
        ),
        link(
            "many streams on a long way",
            2_000,
            Line {
                connections: 100,
                latency: 100,
                per_connection: mib_a_second(1.0),
                total: mib_a_second(16.0),
                ..line.clone()
            },
        ),
        link("many streams, one bottleneck", 200, Line { connections: 100, total: mib_a_second(6.0), ..line.clone() }),
        link("six connections nearby", 512, Line { latency: 5, per_connection: mib_a_second(20.0), ..line.clone() }),
        link("six slow connections", 96, Line { latency: 80, per_connection: mib_a_second(0.25), ..line.clone() }),
        link(
            "a long way, fast, a large file",
            2_000,
            Line { latency: 150, per_connection: mib_a_second(16.0), ..line.clone() },
        ),
        link("a very long way", 100, Line { latency: 500, per_connection: mib_a_second(1.0), ..line.clone() }),
        link(
            "many streams, each limited by its window",
            300,
            Line {
                connections: 100,
                latency: 100,
                per_connection: mib_a_second(0.3),
                total: mib_a_second(100.0),
                ..line.clone()
            },
        ),
        link(
            "many streams, one slow bottleneck",
            60,
            Line { connections: 100, total: mib_a_second(0.3), ..line.clone() },
        ),
        link(
            "many streams, a fast bottleneck far away",
            1_000,
            Line {
                connections: 100,
                latency: 100,
                per_connection: mib_a_second(50.0),
                total: mib_a_second(50.0),
                ..line.clone()
            },
        ),
        link(
            "many streams, a store that bears eight parts",
            400,
            Line { connections: 100, per_connection: mib_a_second(2.0), crowd: Some(8), ..line.clone() },
        ),
        link(
            "many streams, a dip halfway",
            200,
            Line { connections: 100, total: mib_a_second(16.0), weather: dip(8_000, 14_000, 0.1), ..line.clone() },
        ),
        link("a dip halfway", 96, Line { weather: dip(4_000, 8_000, 0.1), ..line.clone() }),
        link("a link that varies", 200, Line { weather: waves(), ..line.clone() }),
        link(
            "many streams that vary",
            200,
            Line { connections: 100, total: mib_a_second(16.0), weather: waves(), ..line.clone() },
        ),
        Link {
            cuts: Some(7),
            ..link(
                "many streams, one of seven parts is cut",
                300,
                Line { connections: 100, total: mib_a_second(16.0), ..line.clone() },
            )
        },
        link("a store that takes half a second over each part", 200, Line { think: 500, ..line.clone() }),
        link(
            "many streams, a store that takes half a second over each part",
            200,
            Line {
                connections: 100,
                think: 500,
                per_connection: mib_a_second(8.0),
                total: mib_a_second(16.0),
                ..line.clone()
            },
        ),
        link("a store that bears two parts", 200, Line { crowd: Some(2), ..line.clone() }),
    ];
    for crowd in [10, 16, 20, 24] {
        for (reads_crowd, patience) in [(false, None), (true, None), (false, Some(3)), (true, Some(3))] {
            let (mut name, connections) = (format!("many streams, a store that bears {crowd} parts"), 100);
            name.push_str(if reads_crowd { ", and reads the others" } else { "" });
            name.push_str(patience.map_or("", |_| ", and says how long to wait"));
            let (per_connection, total, crowd) = (mib_a_second(1.0), mib_a_second(40.0), Some(crowd));
            let line = Line { connections, per_connection, total, crowd, reads_crowd, patience, ..line.clone() };
            // A file is cut before anybody knows that they are so many at once: the last round of its parts may be half empty.
            // And until its first answer a store that reads what it refuses looks like one that takes as many as there are,
            // where a page that does not send that many within two seconds loses more than a tenth.
            links.push(Link { most: (1.2, 1.1), ..link(&name, 1_000, line) });
        }
    }
    links
}

/// The links are shared out, since each is tried with dozens of settings.
#[test]
fn what_is_chosen_is_nearly_the_best_that_could_be_set_on_links_of_even_places() {
    compare(0);
}

#[test]
fn what_is_chosen_is_nearly_the_best_that_could_be_set_on_links_of_odd_places() {
    compare(1);
}

/// Compares what is chosen with every setting, on every other link.
fn compare(first: usize) {
    let mut worse = Vec::new();
    println!("{:52} {:>8} {:>8} {:>6} {:>6}  best setting", "link", "auto, s", "best, s", "ratio", "next");
    for link in links().into_iter().skip(first).step_by(2) {
        let (auto, parts, again, next) = upload(&link, &Config::default());
        let settings = AT_ONCE.iter().flat_map(|at_once| SIZES.map(|size| (*at_once, size)));
        let timed = settings.map(|(at_once, part_size)| {
            let config = Config {
                concurrency: Some(at_once),
                part_size,
                retry: Retry { limit: 20, ..Retry::default() },
                ..Config::default()
            };
            let (first, .., next) = upload(&link, &config);
            (first, at_once, part_size.map(|size| size / MIB), next)
        });
        let timed: Vec<_> = timed.collect();
        let best = timed.iter().min_by(|one, other| one.0.total_cmp(&other.0)).unwrap();
        let best_next = timed.iter().map(|timed| timed.3).min_by(f64::total_cmp).unwrap();
        let (ratio, next) = (auto / best.0, next / best_next);
        if ratio > link.most.0 || next > link.most.1 {
            worse.push((link.name.clone(), ratio, next));
        }
        println!(
            "{:52} {auto:8.2} {:8.2} {ratio:6.3} {next:6.3}  {} at once, {:?} MiB; auto: {parts} parts, {again} sent again",
            link.name, best.0, best.1, best.2
        );
    }
    assert!(worse.is_empty(), "{worse:?}");
}

/// Seconds that ten files of 20 MiB take together.
fn ten(line: &Line, concurrency: Option<u32>) -> f64 {
    let mut world = World::plain();
    world.line = Line { flowed: world.now, ..line.clone() };
    world.service.rules.limits.min_part_size = 5 * MIB;
    let retry = Retry { limit: 20, ..Retry::default() };
    let config = Config { concurrency, retry, ..Config::default() };
    let files: Vec<_> = (0..10).map(|_| world.upload(20 * MIB, config)).collect();
    world.run();
    let ends =
        files.iter().map(|id| world.life(*id)).inspect(|life| assert!(life.is_stored())).map(|life| life.ended_at);
    (ends.max().unwrap_or_default() - 1_000) as f64 / 1_000.0
}

#[test]
fn ten_files_together_take_nearly_as_long_as_with_the_best_that_could_be_set() {
    let line = Line { latency: 30, per_connection: mib_a_second(2.0), total: mib_a_second(1_000.0), ..Line::default() };
    let (connections, per_connection, total) = (100, mib_a_second(1.0), mib_a_second(16.0));
    let lines = [
        ("six connections", line.clone()),
        ("one bottleneck", Line { total: mib_a_second(3.0), ..line.clone() }),
        ("a long way", Line { latency: 300, ..line.clone() }),
        ("a store that bears four parts", Line { crowd: Some(4), ..line.clone() }),
        ("many streams, each limited", Line { connections, per_connection, total, ..line.clone() }),
        ("many streams, one bottleneck", Line { connections, total: mib_a_second(6.0), ..line.clone() }),
        ("many streams, a store that bears sixteen parts", Line { connections, crowd: Some(16), ..line.clone() }),
    ];
    let mut worse = Vec::new();
    for (name, line) in lines {
        let (auto, best) = (ten(&line, None), AT_ONCE.map(|at_once| ten(&line, Some(at_once))));
        let best = best.into_iter().fold(f64::INFINITY, f64::min);
        println!("{name:52} {auto:8.2} {best:8.2} {:6.3}", auto / best);
        if auto > best * 1.1 {
            worse.push((name, auto / best));
        }
    }
    assert!(worse.is_empty(), "{worse:?}");
}

/// Many streams of a MiB a second, and a store that bears sixteen parts and reads the others before it says so.
fn sixteen() -> World<Plain> {
    let mut world = World::plain();
    let (per_connection, total) = (mib_a_second(1.0), mib_a_second(40.0));
    let (crowd, connections, flowed) = (Some(16), 100, world.now);
    world.line = Line { connections, per_connection, total, crowd, reads_crowd: true, flowed, ..Line::default() };
    world
}

#[test]
fn a_store_that_reads_what_it_refuses_is_sent_as_many_as_it_was_seen_to_bear() {
    let mut world = sixteen();
    let id = world.upload(1_000 * MIB, Config::default());
    world.run_until(|world| !world.life(id).retries.is_empty());
    world.run_until(|world| world.life(id).progress.parts_stored >= 16);
    let refused = world.life(id).retries.len();
    assert!(!world.life(id).cancels.is_empty(), "what was sent meanwhile would be refused after all of it was read");
    world.run_until(|world| world.life(id).progress.parts_stored >= 32);
    assert_eq!(world.life(id).in_flight(), 16);
    world.run();
    assert!(world.life(id).is_stored());
    assert_eq!(world.life(id).retries.len(), refused.max(8), "none was refused after that");
}

#[test]
fn a_dip_at_any_moment_costs_no_more_than_it_costs_six_plain_connections() {
    let seconds = |link: &Line, size: u64, preparing: Preparing| {
        let mut world = World::plain();
        world.service.rules.preparing = preparing;
        world.service.rules.limits.min_part_size = 5 * MIB;
        world.line = Line { flowed: world.now, ..link.clone() };
        world.line.weather.iter_mut().for_each(|(at, _)| *at += world.now);
        let id = world.upload(size, Config::default());
        world.run();
        assert!(world.life(id).is_stored());
        (world.life(id).ended_at - 1_000) as f64 / 1_000.0
    };
    let (mut worst, mut sum, mut count) = ((0.0, 0, 0, 0, 0), 0.0, 0);
    for (connections, total) in [(6, 1_000.0), (6, 12.0), (100, 12.0)] {
        for (size, lasts) in [(48, 1_500), (64, 3_000), (96, 2_000), (96, 6_000)] {
            for at in (100..6_000).step_by(230) {
                let weather = VecDeque::from([(at, 0.1), (at + lasts, 1.0)]);
                let line = Line {
                    latency: 30,
                    per_connection: mib_a_second(4.0),
                    total: mib_a_second(total),
                    connections,
                    weather,
                    ..Line::default()
                };
                let plain = seconds(&line, size * MIB, Preparing::Each);
                let ratio = seconds(&line, size * MIB, Preparing::Tickets { batch: 50 }) / plain;
                (sum, count) = (sum + ratio, count + 1);
                if ratio > worst.0 {
                    worst = (ratio, at, size, lasts, connections);
                }
            }
        }
    }
    println!("of {count} dips: {:.3} on average, at worst {worst:?}", sum / f64::from(count));
    assert!(worst.0 <= 1.02, "{worst:?}");
}
