//! A simulated browser and service on virtual time. It drives a [`Page`] as the real driver must: tell it what
//! happened, drain what it wants, do that, sleep until it wants to be woken.
//!
//! Faults are verbs ([`faults`]); what every upload may say and do is watched while it does ([`life`]).

#![allow(dead_code, unused_imports)] // Each test file needs its own part of the world.

mod companion;
mod faults;
mod life;
mod network;
mod plain;
mod store;

pub(crate) use companion::Companion;
pub(crate) use faults::{Chaos, Failed as Fails, How};
pub(crate) use life::{Ending, Life};
pub(crate) use network::Line;
pub(crate) use plain::{Gift, Plain};
pub(crate) use store::{Ask, Said, Store};

use faults::Fault;
use network::Request;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Debug;
use std::time::Duration;
use upslice::core::{
    Config, Dice, Failed, Failure, Input, Instant, Ledger, Now, Origin, Output, Page, Reply, Rules, Step, TaskId,
    Upload, UploadId, Wall,
};

/// A service's language: what a step says to the store, and what the store's words mean.
pub(crate) trait Service {
    type Gift: Clone + Debug + PartialEq;
    fn rules(&self) -> Rules;
    /// Where a step goes (nowhere: a function of the app), and what it says there.
    fn ask(&self, step: &Step<Self::Gift>) -> (Option<Origin>, Ask);
    fn read(&self, step: &Step<Self::Gift>, said: Said, at: Wall) -> Result<Reply<Self::Gift>, Failed>;
}

/// When a cancelled task says that it has ended.
#[derive(Clone, Debug)]
pub(crate) enum Cancels {
    /// At once.
    Promptly,
    /// So many milliseconds later.
    Late(u64),
    /// It answers as if nothing had been cancelled.
    Never,
    /// One of these, by chance.
    Any(Dice),
}

type Outcome<K> = Result<Reply<K>, Failed>;

pub(crate) struct World<S: Service> {
    pub(crate) now: u64,
    /// How far the page's wall clock is off.
    pub(crate) skew: i64,
    /// How late every timer of the page fires.
    pub(crate) lateness: u64,
    pub(crate) page: Page<S::Gift>,
    pub(crate) service: S,
    pub(crate) store: Store,
    pub(crate) line: Line,
    pub(crate) chaos: Option<Chaos>,
    pub(crate) cancels: Cancels,
    pub(crate) lives: BTreeMap<UploadId, Life<S::Gift>>,
    /// Parts in flight per origin that are too many.
    pub(crate) most_in_flight: usize,
    faults: Vec<Fault>,
    offline_until: u64,
    requests: Vec<Request<S::Gift>>,
    /// Ends of cancelled tasks that are still to be told.
    letters: Vec<(u64, UploadId, TaskId, Outcome<S::Gift>)>,
    wakes: VecDeque<u64>,
    pub(crate) ticks: u64,
}

impl World<Plain> {
    pub(crate) fn plain() -> Self {
        Self::of(Plain::new())
    }
}

impl World<Companion> {
    pub(crate) fn companion() -> Self {
        Self::of(Companion::new())
    }
}

impl<S: Service> World<S> {
    pub(crate) fn of(service: S) -> Self {
        Self {
            now: 1_000,
            skew: 0,
            lateness: 0,
            page: Page::default(),
            service,
            store: Store::new(),
            line: Line::default(),
            chaos: None,
            cancels: Cancels::Promptly,
            lives: BTreeMap::new(),
            most_in_flight: 6,
            faults: Vec::new(),
            offline_until: 0,
            requests: Vec::new(),
            letters: Vec::new(),
            wakes: VecDeque::new(),
            ticks: 0,
        }
    }

    pub(crate) const fn moment(&self) -> Now {
        Now {
            instant: Instant::from_millis(self.now),
            wall: Wall::from_millis((100_000_000 + self.now).saturating_add_signed(self.skew)),
        }
    }

    /// Starts an upload of so many bytes.
    pub(crate) fn upload(&mut self, size: u64, config: Config) -> UploadId {
        self.take_up(size, config, Ledger::default())
    }

    /// Starts one that goes on from what is remembered.
    pub(crate) fn take_up(&mut self, size: u64, config: Config, ledger: Ledger<S::Gift>) -> UploadId {
        let id = self.add(size, config, ledger);
        self.tell(id, Input::Start);
        id
    }

    /// An upload that has not begun.
    pub(crate) fn add(&mut self, size: u64, config: Config, ledger: Ledger<S::Gift>) -> UploadId {
        if let Some(concurrency) = config.concurrency {
            self.most_in_flight = self.most_in_flight.max(concurrency as usize);
        }
        let dice = Dice::seeded(self.now ^ size);
        let upload = Upload::new(config.clone(), self.service.rules(), size, ledger.clone(), dice).unwrap();
        let life = Life::new(config, upload.plan().clone(), ledger);
        let id = self.page.add(upload);
        self.lives.insert(id, life);
        id
    }

    /// What a failed upload's `retry()` is.
    pub(crate) fn retry(&mut self, id: UploadId) -> UploadId {
        let life = self.lives[&id].clone();
        self.take_up(life.plan.size(), life.config, life.ledger)
    }

    pub(crate) fn pause(&mut self, id: UploadId) {
        self.life_mut(id).paused = true;
        self.tell(id, Input::Pause);
    }

    pub(crate) fn resume(&mut self, id: UploadId) {
        self.life_mut(id).paused = false;
        self.tell(id, Input::Resume);
    }

    pub(crate) fn abort(&mut self, id: UploadId) {
        self.tell(id, Input::Abort);
    }

    pub(crate) fn life(&self, id: UploadId) -> &Life<S::Gift> {
        &self.lives[&id]
    }

    fn life_mut(&mut self, id: UploadId) -> &mut Life<S::Gift> {
        self.lives.get_mut(&id).unwrap()
    }

    /// Tells the page something, and does what it wants.
    pub(crate) fn tell(&mut self, id: UploadId, input: Input<S::Gift>) {
        self.page.handle(self.moment(), id, input);
        self.drain();
    }

    fn tick(&mut self) {
        self.ticks += 1;
        self.wakes.push_back(self.now);
        while self.wakes.front().is_some_and(|at| at + 1_000 <= self.now) {
            self.wakes.pop_front();
        }
        let bound = 40 * self.lives.len() + 60;
        assert!(self.wakes.len() <= bound, "{} wakes in a second: a busy loop", self.wakes.len());
        self.page.tick(self.moment());
        self.drain();
    }

    pub(crate) fn drain(&mut self) {
        let outputs: Vec<_> = std::iter::from_fn(|| self.page.poll()).collect();
        for (id, output) in outputs {
            let origin = match &output {
                Output::Run { step, .. } => self.service.ask(step).0,
                _ => None,
            };
            let now = self.now;
            self.life_mut(id).watch(now, &output, origin);
            match output {
                Output::Run { task, step } => self.begin(id, task, step),
                Output::Cancel { task } => self.cancel(id, task),
                Output::Save(_) => {}
                Output::Emit(upslice::core::Event::Success { .. }) => self.check_object(id),
                Output::Emit(_) => {}
            }
        }
        self.check_budget();
        if let Some(at) = self.page.wake_at() {
            assert!(at.millis() > self.now, "the wake time does not advance");
        }
        let now = Instant::from_millis(self.now);
        for (id, life) in self.lives.iter_mut().filter(|(_, life)| life.ending.is_none()) {
            if let Some(progress) = self.page.progress(*id, now) {
                life.moved(&progress);
            }
        }
    }

    fn check_budget(&self) {
        let mut in_flight: BTreeMap<&Origin, usize> = BTreeMap::new();
        for running in self.lives.values().flat_map(|life| life.running.values()).filter(|run| run.part.is_some()) {
            *in_flight.entry(running.origin.as_ref().unwrap()).or_default() += 1;
        }
        for (origin, count) in in_flight {
            assert!(count <= self.most_in_flight, "{count} parts in flight to {origin}");
            assert_eq!(count, self.page.origins().in_flight(origin) as usize, "the budget has lost count");
        }
    }

    /// What was called a success must be one: every byte, in its place.
    fn check_object(&self, id: UploadId) {
        let life = self.life(id);
        let Some(Ending::Stored { session, receipts, .. }) = &life.ending else { panic!("no success") };
        assert_eq!(receipts.len(), life.plan.parts() as usize);
        let (_, Ask::List { session }) = self.service.ask(&Step::Inspect { session: session.clone() }) else {
            panic!("no listing")
        };
        let pieces = self.store.object(&session).unwrap_or_else(|| panic!("no object behind the success of {session}"));
        let end = pieces.iter().fold(0, |at, (start, size)| {
            assert_eq!(at, *start, "a part lies in another one's place");
            at + size
        });
        assert_eq!(end, life.plan.size(), "the object is not whole");
    }

    /// A finished task, told to the page.
    fn finish(&mut self, id: UploadId, task: TaskId, outcome: Outcome<S::Gift>) {
        let life = self.life_mut(id);
        let ran = life.running.remove(&task).is_some();
        if let (true, Ok(Reply::Opened { session, .. })) = (ran, &outcome) {
            let (_, ask) = self.service.ask(&Step::Inspect { session: session.clone() });
            if let Ask::List { session } = ask {
                self.store.session(&session).told = true;
            }
        }
        self.tell(id, Input::Finished { task, outcome });
    }

    /// Lets time pass until nothing is left to happen. A page that hangs is found here.
    pub(crate) fn run(&mut self) {
        while self.step(u64::MAX) {}
        for (id, life) in &self.lives {
            assert!(life.ending.is_some() || life.paused, "{id:?} hangs: {:?}, {:?}", life.state, life.running);
        }
    }

    /// Lets so much time pass.
    pub(crate) fn run_for(&mut self, duration: Duration) {
        self.run_to(self.now + u64::try_from(duration.as_millis()).unwrap());
    }

    pub(crate) fn run_to(&mut self, until: u64) {
        while self.step(until) {}
        self.flow(until);
        self.now = self.now.max(until);
    }

    /// Lets time pass until something is so; it must become so.
    pub(crate) fn run_until(&mut self, is_so: impl Fn(&Self) -> bool) {
        while !is_so(self) {
            assert!(self.step(u64::MAX), "it never came to that");
        }
    }

    /// The machine sleeps: nothing moves, no timer fires, both clocks go on.
    pub(crate) fn sleep(&mut self, duration: Duration) {
        let millis = u64::try_from(duration.as_millis()).unwrap();
        self.now += millis;
        self.line.flowed = self.now;
        self.requests.iter_mut().for_each(|request| request.shift(millis));
        self.letters.iter_mut().for_each(|(at, ..)| *at += millis);
    }

    /// Does the next thing that is due not later than `limit`.
    pub(crate) fn step(&mut self, limit: u64) -> bool {
        let request = self.next_of_requests();
        let letter = self.letters.iter().map(|(at, ..)| *at).min();
        let wake = self.page.wake_at().map(|at| (at.millis() + self.lateness).max(self.now + 1));
        let Some(next) = [request.map(|(at, _)| at), letter, wake].into_iter().flatten().min() else { return false };
        if next > limit {
            return false;
        }
        assert!(next < 400 * 86_400_000, "more than a year has passed");
        self.flow(next);
        self.now = next.max(self.now);
        if letter.is_some_and(|at| at <= self.now) {
            let at = self.letters.iter().position(|(at, ..)| *at <= self.now).unwrap();
            let (_, id, task, outcome) = self.letters.remove(at);
            self.finish(id, task, outcome);
        } else if let Some((_, at)) = request.filter(|(at, _)| *at <= self.now) {
            self.turn_request(at);
        } else {
            self.tick();
        }
        true
    }
}

fn no_answer() -> Failed {
    Failed::new(Failure::NoAnswer, "no answer".into())
}
