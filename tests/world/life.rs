//! What one upload has said and done, and the rules that hold for every word of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use upslice::core::{
    Carrier, Change, Config, Error, Event, Ledger, Origin, Output, PartRange, Plan, Progress, State, Step, TaskId,
};

/// How it ended.
#[derive(Clone, Debug)]
pub(crate) enum Ending<K> {
    Stored { session: K, receipts: Vec<(PartRange, K)>, closing: K, resumed: bool },
    Failed(Error),
}

/// What a running task is.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub(crate) role: &'static str,
    pub(crate) part: Option<u32>,
    pub(crate) origin: Option<Origin>,
}

/// A part on its way.
#[derive(Clone, Debug)]
pub(crate) struct Sending {
    pub(crate) at: u64,
    pub(crate) index: u32,
    pub(crate) carrier: Carrier,
}

/// One upload, as seen from outside.
#[derive(Clone, Debug)]
pub(crate) struct Life<K> {
    pub(crate) config: Config,
    pub(crate) plan: Plan,
    pub(crate) ledger: Ledger<K>,
    pub(crate) running: BTreeMap<TaskId, Running>,
    seen: BTreeSet<TaskId>,
    pub(crate) cancels: Vec<(u64, TaskId)>,
    pub(crate) sends: Vec<Sending>,
    pub(crate) runs: BTreeMap<&'static str, Vec<u64>>,
    stored: BTreeSet<u32>,
    pub(crate) state: State,
    pub(crate) states: Vec<(u64, State)>,
    pub(crate) progress: Progress,
    /// When, why, which attempt, how long it waits.
    pub(crate) retries: Vec<(u64, Error, u32, u64)>,
    pub(crate) restarts: u32,
    pub(crate) ending: Option<Ending<K>>,
    pub(crate) ended_at: u64,
    /// What was left, once it is over.
    pub(crate) over: Option<Option<String>>,
    pub(crate) paused: bool,
}

impl<K: Clone + Debug + PartialEq> Life<K> {
    pub(super) fn new(config: Config, plan: Plan, ledger: Ledger<K>) -> Self {
        Self {
            config,
            plan,
            ledger,
            running: BTreeMap::new(),
            seen: BTreeSet::new(),
            cancels: Vec::new(),
            sends: Vec::new(),
            runs: BTreeMap::new(),
            stored: BTreeSet::new(),
            state: State::Queued,
            states: Vec::new(),
            progress: Progress::default(),
            retries: Vec::new(),
            restarts: 0,
            ending: None,
            ended_at: 0,
            over: None,
            paused: false,
        }
    }

    pub(crate) fn is_stored(&self) -> bool {
        matches!(self.ending, Some(Ending::Stored { .. }))
    }

    pub(crate) fn error(&self) -> Option<&Error> {
        match &self.ending {
            Some(Ending::Failed(error)) => Some(error),
            _ => None,
        }
    }

    /// How often a role was carried out.
    pub(crate) fn count(&self, role: &str) -> usize {
        self.runs.get(role).map_or(0, Vec::len)
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.running.values().filter(|running| running.part.is_some()).count()
    }

    /// Takes an output in, and holds it to the rules.
    pub(super) fn watch(&mut self, now: u64, output: &Output<K>, origin: Option<Origin>) {
        assert!(self.over.is_none(), "after it was over: {output:?}");
        match output {
            Output::Run { task, step } => self.run(now, *task, step, origin),
            Output::Cancel { task } => {
                assert!(self.running.remove(task).is_some(), "{task:?} was cancelled but does not run");
                self.cancels.push((now, *task));
            }
            Output::Save(change) => {
                match change {
                    Change::Opened { part_size, .. } => {
                        assert_eq!(*part_size, self.plan.part_size());
                        self.stored.clear();
                    }
                    Change::Stored { index, .. } => assert!(self.stored.insert(*index), "{index} was stored twice"),
                    Change::Closed => self.stored.clear(),
                }
                self.ledger.apply(change.clone());
            }
            Output::Emit(event) => self.hear(now, event),
        }
    }

    fn run(&mut self, now: u64, task: TaskId, step: &Step<K>, origin: Option<Origin>) {
        assert!(self.seen.insert(task), "{task:?} was used twice");
        let role = step.role();
        self.runs.entry(role).or_default().push(now);
        let mut running = Running { role, part: None, origin };
        match step {
            Step::Send { part, carrier, .. } => {
                assert_eq!(*part, self.plan.part(part.index), "a part that was not planned");
                assert!(!self.paused, "a part was sent during a pause");
                assert!(!self.stored.contains(&part.index), "part {} was sent after its receipt", part.index);
                assert!(self.ending.is_none(), "a part was sent after the end");
                let twice = self.running.values().any(|running| running.part == Some(part.index));
                assert!(!twice, "part {} is in flight twice", part.index);
                running.part = Some(part.index);
                self.sends.push(Sending { at: now, index: part.index, carrier: *carrier });
            }
            Step::Prepare { parts, .. } => {
                assert!(self.ending.is_none() && !parts.is_empty());
                assert!(!parts.iter().any(|part| self.stored.contains(&part.index)), "a stored part was signed");
            }
            Step::Close { receipts, .. } => {
                assert_eq!(receipts.len(), self.plan.parts() as usize, "completed without all parts");
                assert!(receipts.iter().zip(0..).all(|((part, _), index)| *part == self.plan.part(index)));
                assert_eq!(self.in_flight(), 0, "completed while parts are in flight");
            }
            Step::Open { .. } | Step::Inspect { .. } | Step::Verify { .. } | Step::Discard { .. } => {}
        }
        if self.ending.is_some() {
            assert!(matches!(role, "abort" | "list"), "{role} after the end");
        }
        self.running.insert(task, running);
        let most = self.config.concurrency.unwrap_or(6) as usize;
        assert!(self.in_flight() <= most, "{} parts in flight, {most} were asked for", self.in_flight());
    }

    fn hear(&mut self, now: u64, event: &Event<K>) {
        if let Event::Over { left } = event {
            assert!(self.ending.is_some(), "over without an ending");
            assert!(self.running.is_empty(), "over while {:?} runs", self.running);
            self.over = Some(left.clone());
            return;
        }
        assert!(self.ending.is_none(), "after the ending: {event:?}");
        match event {
            Event::State { state, previous } => {
                assert_eq!(*previous, self.state);
                assert_ne!(state, previous);
                self.state = *state;
                self.states.push((now, *state));
            }
            Event::Progress(progress) => self.moved(progress),
            Event::Part { part, .. } => assert!(self.stored.contains(&part.index), "told before it was saved"),
            Event::Retry { error, attempt, delay } => {
                assert!(*attempt <= self.config.retry.limit, "attempt {attempt}: {error}");
                self.retries.push((now, error.clone(), *attempt, u64::try_from(delay.as_millis()).unwrap()));
            }
            Event::Restarted => {
                self.restarts += 1;
                self.stored.clear();
            }
            Event::Success { session, receipts, closing, resumed } => {
                assert_eq!(self.state, State::Completed);
                assert_eq!((self.progress.sent, self.progress.whole), (self.plan.size(), true));
                let (session, closing, resumed) = (session.clone(), closing.clone(), *resumed);
                self.end(now, Ending::Stored { session, receipts: receipts.to_vec(), closing, resumed });
            }
            Event::Failure(error) => {
                assert!(matches!(self.state, State::Failed | State::Aborted), "{:?}", self.state);
                assert!(!error.message.contains("secret"), "{error}");
                self.end(now, Ending::Failed(error.clone()));
            }
            Event::Over { .. } => {}
        }
    }

    fn end(&mut self, now: u64, ending: Ending<K>) {
        self.ending = Some(ending);
        self.ended_at = now;
    }

    pub(super) fn moved(&mut self, progress: &Progress) {
        assert!(progress.sent >= self.progress.sent, "progress fell: {progress:?} after {:?}", self.progress);
        assert!(progress.sent <= progress.total && progress.total == self.plan.size());
        let stored = progress.parts_stored == progress.parts_total;
        assert!(progress.sent < progress.total || progress.total == 0 || stored, "done before the last receipt");
        assert!(progress.whole == stored || progress.parts_total == 0 && !progress.whole);
        assert!(progress.rate >= 0.0 && progress.rate.is_finite());
        self.progress = *progress;
    }
}
