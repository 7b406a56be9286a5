//! A simulated browser and service on virtual time. It drives a [`Page`] as the real driver must: tell it what
//! happened, drain what it wants, do that, sleep until it wants to be woken.
//!
//! Faults are verbs ([`faults`]); what every upload may say and do is watched while it does ([`life`]).

#![allow(dead_code, unused_imports)] // Each test file needs its own part of the world.

mod driving;
mod faults;
mod journal;
mod life;
mod network;
mod plain;
mod request;
mod served;
mod store;
mod story;
mod tongues;
mod words;

pub(crate) use faults::{Chaos, Failed as Fails, How};
pub(crate) use life::{Ending, Life};
pub(crate) use plain::{Gift, Plain};
pub(crate) use request::Line;
pub(crate) use served::Served;
pub(crate) use store::Store;
pub(crate) use story::Story;
pub(crate) use tongues::{KINDS, any as any_service};
pub(crate) use words::{Ask, Said};

use faults::Fault;
use journal::Journal;
use request::Request;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Debug;
use std::time::Duration;
use upslice::core::{
    Config, Dice, Digests, Failed, Failure, Input, Instant, Ledger, Now, Origin, Page, Reply, Rules, Step, TaskId,
    Upload, UploadId, Wall,
};

/// What a step becomes.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Where it goes; nowhere: a function of the app.
    pub(crate) to: Option<Origin>,
    pub(crate) ask: Ask,
    /// Whether the app's headers go with it.
    pub(crate) is_api: bool,
}

/// A service's language: what a step says to the store, and what the store's words mean, for a file of some size.
pub(crate) trait Service {
    type Gift: Clone + Debug + PartialEq;
    fn rules(&self) -> Rules;
    /// The service's name of a session.
    fn name(&self, session: &Self::Gift) -> String;
    fn ask(&self, step: &Step<Self::Gift>, size: u64) -> Asked;
    fn read(&self, step: &Step<Self::Gift>, size: u64, said: Said, at: Wall) -> Result<Reply<Self::Gift>, Failed>;
    /// Whether functions of the app throw so that they are called again.
    fn throws_to_retry(&self) -> bool {
        false
    }
    /// What is written to disk of a session, and what that is for the next visit.
    fn remember(&self, session: &Self::Gift) -> Option<Self::Gift> {
        Some(session.clone())
    }
    fn recall(&self, remembered: &Self::Gift) -> Option<Self::Gift> {
        Some(remembered.clone())
    }
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
    /// Whether some answers come twice.
    pub(crate) echoes: Option<Dice>,
    /// Headers that were given before this moment are good no more.
    token_since: u64,
    /// Whether what a page that is gone has sent is gone with it. Else it may arrive behind the back of the next one.
    pub(crate) cuts_reloads: bool,
    /// Parts that stale lists have left out.
    pub(crate) staled: usize,
    faults: Vec<Fault>,
    offline_until: u64,
    requests: Vec<Request<S::Gift>>,
    /// Numbers that have been sent, by session; tickets that have been used.
    tried: BTreeSet<(String, u32)>,
    used: BTreeSet<usize>,
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

impl World<Served> {
    pub(crate) fn companion() -> Self {
        Self::of(tongues::companion())
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
            most_in_flight: 48,
            echoes: None,
            token_since: 0,
            cuts_reloads: false,
            staled: 0,
            faults: Vec::new(),
            offline_until: 0,
            requests: Vec::new(),
            tried: BTreeSet::new(),
            used: BTreeSet::new(),
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
        let upload = Upload::new(config, self.service.rules(), size, ledger.clone(), dice).unwrap();
        let journal = Journal::of(&ledger, |session| self.service.remember(session));
        let session = ledger.session().map(|(session, _)| self.service.name(session));
        let mut life = Life::new(config, self.service.rules(), upload.plan().clone(), ledger, journal);
        life.session = session;
        let id = self.page.add(upload);
        self.lives.insert(id, life);
        id
    }

    /// What a failed upload's `retry()` is.
    pub(crate) fn retry(&mut self, id: UploadId) -> UploadId {
        let life = self.lives[&id].clone();
        self.take_up(life.plan.size(), life.config, life.ledger)
    }

    /// The page is gone, in the middle of whatever it was doing; another visit goes on from what was written down.
    pub(crate) fn reload(&mut self, id: UploadId) -> UploadId {
        self.crash(id, Duration::ZERO)
    }

    /// The same, and what was to be written down in the last moments is lost.
    pub(crate) fn crash(&mut self, id: UploadId, lost: Duration) -> UploadId {
        let until = self.now.saturating_sub(u64::try_from(lost.as_millis()).unwrap());
        Story::add(|| format!("{} {id:?} is reloaded, and knows what it knew at {until}", self.now));
        let life = self.life_mut(id);
        life.gone = true;
        let life = life.clone();
        self.page.remove(self.moment(), id);
        self.drain();
        if self.cuts_reloads {
            self.forget_requests(id);
        }
        let ledger = life.journal.recalled(until, |session| self.service.recall(session));
        let rules = self.service.rules();
        let lists_all = rules.inspects && rules.settling.is_none() && rules.digests != Digests::First;
        let lost = match ledger.session() {
            None => life.sends.len(),
            Some(_) if lists_all => life.in_flight(),
            Some(_) => life.in_flight() + life.journal.lost_after(until),
        };
        self.life_mut(id).lost_by_reload = lost;
        let next = self.take_up(life.plan.size(), life.config, ledger);
        self.life_mut(next).before = Some(id);
        next
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
        if !matches!(input, Input::Sent { .. }) {
            Story::add(|| format!("{} {id:?} is told {input:?}", self.now));
        }
        self.page.handle(self.moment(), id, input);
        self.drain();
    }
}

fn no_answer() -> Failed {
    Failed::new(Failure::NoAnswer, "no answer".into())
}
