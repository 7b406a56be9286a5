//! What one upload has said and done, and the rules that hold for every word of it.

use super::journal::Journal;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use upslice::core::{
    Carrier, Change, Config, Digests, Error, Event, Ledger, Origin, Output, PartRange, Plan, Progress, Rules, Sizes,
    State, Step, TaskId, UploadId,
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
    /// Whether a digest goes with it.
    pub(crate) is_checked: bool,
    /// Whether it went without the digest that it has, to see what becomes of it.
    pub(crate) is_probe: bool,
    /// Whether bytes of it are known to have left, and since when it runs.
    pub(crate) has_moved: bool,
    pub(crate) since: u64,
}

/// A part on its way.
#[derive(Clone, Debug)]
pub(crate) struct Sending {
    pub(crate) at: u64,
    pub(crate) index: u32,
    pub(crate) carrier: Carrier,
    task: TaskId,
    is_checked: bool,
}

/// One upload, as seen from outside.
#[derive(Clone, Debug)]
pub(crate) struct Life<K> {
    pub(crate) config: Config,
    rules: Rules,
    pub(crate) plan: Plan,
    pub(crate) ledger: Ledger<K>,
    /// What is on the disk.
    pub(crate) journal: Journal<K>,
    /// The session it has, and all that it has had, by the service's names.
    pub(crate) session: Option<String>,
    pub(crate) sessions: Vec<String>,
    /// The life before, that this one goes on from after a reload.
    pub(crate) before: Option<UploadId>,
    /// What may be sent again: parts that failed, that were cut, that a reload cut or whose receipts it lost.
    pub(crate) failed_sends: usize,
    pub(crate) cut_sends: usize,
    pub(crate) lost_by_reload: usize,
    pub(crate) running: BTreeMap<TaskId, Running>,
    /// Parts that have had a second request, and how often parts were sent again because a completion was refused.
    pub(crate) hedged: BTreeSet<u32>,
    pub(crate) alone: usize,
    seen: BTreeSet<TaskId>,
    pub(crate) cancels: Vec<(u64, TaskId)>,
    /// Parts that were called back soon, and before they moved, because they only queued: that is not one sent.
    pub(crate) let_go: usize,
    pub(crate) sends: Vec<Sending>,
    pub(crate) runs: BTreeMap<&'static str, Vec<u64>>,
    stored: BTreeSet<u32>,
    /// When parts were stored, and when the service was told of which.
    pub(crate) receipts: Vec<(u64, u32)>,
    pub(crate) reports: Vec<(u64, Vec<u32>)>,
    /// Which attempt at a part its ticket was asked for.
    pub(crate) attempts: Vec<(u32, u32)>,
    /// Parts whose digests were made, and whether the app was told that none is sent.
    pub(crate) digested: Vec<u32>,
    /// Whether a part with its digest was answered.
    pub(crate) heard_checked: bool,
    /// Parts that went without theirs to find out something, and were stored.
    pub(crate) probes: usize,
    pub(crate) unchecked: bool,
    /// Parts that went with one.
    pub(crate) checked_sends: usize,
    pub(crate) state: State,
    pub(crate) states: Vec<(u64, State)>,
    pub(crate) progress: Progress,
    /// Whether every part had its receipt at some time.
    whole: bool,
    /// When, why, which attempt, how long it waits.
    pub(crate) retries: Vec<(u64, Error, u32, u64)>,
    pub(crate) restarts: u32,
    pub(crate) ending: Option<Ending<K>>,
    pub(crate) ended_at: u64,
    /// What was left, once it is over.
    pub(crate) over: Option<Option<String>>,
    pub(crate) paused: bool,
    /// Whether its page is gone.
    pub(crate) gone: bool,
}

impl<K: Clone + Debug + PartialEq> Life<K> {
    pub(super) fn new(config: Config, rules: Rules, plan: Plan, ledger: Ledger<K>, journal: Journal<K>) -> Self {
        Self {
            config,
            rules,
            plan,
            ledger,
            journal,
            session: None,
            sessions: Vec::new(),
            before: None,
            failed_sends: 0,
            cut_sends: 0,
            lost_by_reload: 0,
            running: BTreeMap::new(),
            hedged: BTreeSet::new(),
            alone: 0,
            seen: BTreeSet::new(),
            cancels: Vec::new(),
            let_go: 0,
            sends: Vec::new(),
            runs: BTreeMap::new(),
            stored: BTreeSet::new(),
            receipts: Vec::new(),
            reports: Vec::new(),
            attempts: Vec::new(),
            digested: Vec::new(),
            heard_checked: false,
            probes: 0,
            unchecked: false,
            checked_sends: 0,
            state: State::Queued,
            states: Vec::new(),
            progress: Progress::default(),
            whole: false,
            retries: Vec::new(),
            restarts: 0,
            ending: None,
            ended_at: 0,
            over: None,
            paused: false,
            gone: false,
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
                let running = self.running.remove(task);
                let running = running.unwrap_or_else(|| panic!("{task:?} was cancelled but does not run"));
                let is_calm = !self.paused && self.ending.is_none() && now - running.since < 15_000;
                let part = running.part.filter(|part| is_calm && !running.has_moved && !self.hedged.contains(part));
                let sent = self.sends.iter().position(|send| send.task == *task && send.carrier == Carrier::Xhr);
                if let (Some(_), Some(at)) = (part, sent) {
                    let send = self.sends.remove(at);
                    self.checked_sends -= usize::from(send.is_checked);
                    self.let_go += 1;
                    return;
                }
                self.cut_sends += usize::from(running.part.is_some());
                self.cancels.push((now, *task));
            }
            Output::Save(change) => {
                match change {
                    Change::Opened { part_size, .. } => {
                        if self.rules.sizes == Sizes::Theirs {
                            self.plan = Plan::with_part_size(self.plan.size(), *part_size, &self.rules.limits);
                        }
                        assert_eq!(*part_size, self.plan.part_size());
                        self.stored.clear();
                    }
                    Change::Stored { index, .. } => {
                        self.receipts.push((now, *index));
                        assert!(self.stored.insert(*index), "{index} was stored twice");
                    }
                    Change::Closing => {}
                    // What the store has of a part that was sent twice may be the other one.
                    Change::Refused => {
                        let doubtful = self.stored.intersection(&self.hedged).count();
                        self.alone += if self.ending.is_none() { doubtful } else { 0 };
                        self.stored = &self.stored - &self.hedged;
                    }
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
        let mut running =
            Running { role, part: None, origin, is_checked: false, is_probe: false, has_moved: false, since: now };
        match step {
            Step::Send { part, carrier, digest, .. } => {
                let is_due = self.rules.digests == Digests::First && !self.unchecked;
                // One may go without, to see whether its digest is what keeps the answer away.
                let may_lack = !self.heard_checked && self.failed_sends > 0;
                assert!(digest.is_some() || !is_due || may_lack, "part {} was sent without its digest", part.index);
                running.is_checked = digest.is_some();
                running.is_probe = digest.is_none() && !self.unchecked && self.digested.contains(&part.index);
                self.checked_sends += usize::from(digest.is_some());
                assert_eq!(*part, self.plan.part(part.index), "a part that was not planned");
                assert!(!self.paused, "a part was sent during a pause");
                assert!(!self.stored.contains(&part.index), "part {} was sent after its receipt", part.index);
                assert!(self.ending.is_none(), "a part was sent after the end");
                let others = self.running.values().filter(|running| running.part == Some(part.index)).count();
                if others > 0 {
                    self.hedge(part, others);
                }
                running.part = Some(part.index);
                self.sends.push(Sending {
                    at: now,
                    index: part.index,
                    carrier: *carrier,
                    task,
                    is_checked: digest.is_some(),
                });
            }
            Step::Reckon { part, .. } => {
                assert!(self.rules.reckons && self.ending.is_none());
                assert!(!self.stored.contains(&part.index), "a receipt is in hand and is reckoned");
            }
            Step::Digest { part, .. } => {
                assert!(!self.paused && self.ending.is_none() && self.rules.digests != Digests::Never);
                assert!(!self.stored.contains(&part.index), "a stored part was digested");
                let at_once = self.running.values().filter(|running| running.role == "digest").count();
                assert!(at_once < 2, "more than two parts are read at once");
                self.digested.push(part.index);
            }
            Step::Prepare { parts, digests, attempt, .. } => {
                let are_first = self.rules.digests == Digests::First && !self.unchecked;
                assert_eq!(digests.len(), if are_first { parts.len() } else { 0 }, "signed without all digests");
                self.attempts.extend(parts.first().map(|part| (part.index, *attempt)));
                assert!(self.ending.is_none() && !parts.is_empty());
                assert!(!parts.iter().any(|part| self.stored.contains(&part.index)), "a stored part was signed");
            }
            Step::Close { receipts, .. } => {
                assert_eq!(receipts.len(), self.plan.parts() as usize, "completed without all parts");
                assert!(receipts.iter().zip(0..).all(|((part, _), index)| *part == self.plan.part(index)));
                assert_eq!(self.in_flight(), 0, "completed while parts are in flight");
            }
            Step::Settle { receipts, .. } => {
                let most = self.rules.settling.expect("nobody wants reports").batch as usize;
                assert!((1..=most).contains(&receipts.len()), "a report of {} parts", receipts.len());
                assert_eq!(self.running.values().filter(|running| running.role == "report").count(), 0);
                self.reports.push((now, receipts.iter().map(|(part, _)| part.index).collect()));
            }
            Step::Watch { .. } => {
                let is_told = !self.running.values().any(|running| running.role == "report");
                assert!(self.rules.watches && self.in_flight() == 0, "asked for the end while parts are in flight");
                assert!(is_told, "asked for the end while it is told of parts");
            }
            // It is cut when it begins, by what the page knows then.
            Step::Open { part_size, .. } if self.rules.sizes == Sizes::Ours => {
                assert!(self.config.part_size.is_none_or(|_| *part_size == self.plan.part_size()));
                self.plan = Plan::with_part_size(self.plan.size(), *part_size, &self.rules.limits);
            }
            Step::Open { .. } | Step::Inspect { .. } | Step::Verify { .. } | Step::Discard { .. } => {}
        }
        if self.ending.is_some() {
            assert!(matches!(role, "abort" | "list"), "{role} after the end");
        }
        self.running.insert(task, running);
        let most = self.config.concurrency.unwrap_or(48) as usize;
        assert!(self.in_flight() <= most, "{} parts in flight, {most} were asked for", self.in_flight());
    }

    /// A part is sent although it is in flight.
    fn hedge(&mut self, part: &PartRange, others: usize) {
        assert!(others == 1 && self.hedged.insert(part.index), "part {} has a third request", part.index);
        assert!(self.rules.hedges(), "part {} is in flight twice", part.index);
        let busy: BTreeSet<u32> = self.running.values().filter_map(|running| running.part).collect();
        let known: BTreeSet<u32> = self.ledger.clone().into_receipts().into_iter().map(|(index, _)| index).collect();
        let waiting = (0..self.plan.parts()).filter(|index| !known.contains(index) && !busy.contains(index)).count();
        let reckoned = self.running.values().filter(|running| running.role == "receipt").count();
        assert!(waiting <= reckoned, "part {} is sent twice while others wait", part.index);
        let bytes: u64 = self.hedged.iter().map(|index| self.plan.part(*index).size()).sum();
        let most = (self.plan.size() / 4).max(self.plan.part_size());
        assert!(bytes <= most, "{bytes} bytes have been sent twice, {most} may be");
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
            Event::Unchecked(_) => {
                assert!(!self.unchecked, "that nothing is checked is told once");
                self.unchecked = true;
            }
            Event::Restarted(_) => {
                self.session = None;
                self.hedged.clear();
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
        // What was whole may be begun anew: the high-water mark stays.
        self.whole |= stored;
        assert!(progress.sent < progress.total || progress.total == 0 || self.whole, "done before the last receipt");
        assert!(progress.whole == stored || progress.parts_total == 0 && !progress.whole);
        assert!(progress.rate >= 0.0 && progress.rate.is_finite());
        self.progress = *progress;
    }
}
