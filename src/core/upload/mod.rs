//! One file's journey.
//!
//! ```text
//! Idle ─Start─▶ Opening ──▶ Sending ─all parts stored─▶ Closing ─▶ Over
//!          └▶ Inspecting ────┘ (an earlier session is taken up)      ▲
//!                                                                    │
//! Abort from anywhere ─▶ Clearing (Orphan while a create is out) ────┤
//! a failure from anywhere ─▶ Failed ─Abort─▶ Clearing ───────────────┘
//! ```
//!
//! A pause is orthogonal: nothing new starts, and parts in flight are cut where the service lets a number be
//! used again.

mod closing;
mod ending;
mod errands;
mod pausing;
mod sending;
mod signing;
mod tasks;
mod telling;

use super::errand::Errand;
use super::few::Few;
use super::origin::CONNECTIONS;
use super::part::{Part, Standing};
use super::part_set::PartSet;
use super::progress::Meter;
use super::watch::{Purpose, Task};
use super::{
    Config, Dice, Event, Input, Instant, Ledger, Now, Origins, Output, PartRange, Plan, PlanError, Preparing, Rules,
    State, TaskId,
};
use closing::Closing;
use ending::Clearing;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

/// Every part with its receipt, in order.
pub(super) type Receipts<K> = Rc<[(PartRange, K)]>;

/// Where the upload stands, with what that phase needs.
#[derive(Clone, Debug)]
enum Phase<K> {
    Idle(Ledger<K>),
    Opening(Errand),
    Inspecting {
        session: K,
        errand: Errand,
    },
    Sending {
        session: K,
    },
    Closing(Closing<K>),
    /// Aborted while a create was out: its answer is awaited, to be discarded.
    Orphan(Errand),
    /// Ended; what is stored is being removed.
    Clearing(Clearing<K>),
    /// Ended badly; the session may be taken up or removed.
    Failed(Option<K>),
    Over,
}

/// One file's journey: told what happened, it says what to do.
#[derive(Clone, Debug)]
pub struct Upload<K> {
    config: Config,
    rules: Rules,
    plan: Plan,
    dice: Dice,
    phase: Phase<K>,
    paused: bool,
    watched: bool,
    resumed: bool,
    parts: Vec<Part<K>>,
    /// Queued parts that have what they need, those that need a ticket, and those that wait for their time.
    ready: PartSet,
    unsigned: PartSet,
    waiting: Few<u32, Instant>,
    /// Parts that have had no answer at all since then, without that counting as attempts.
    lost: Few<u32, Instant>,
    stored: u32,
    stored_bytes: u64,
    /// Parts that tickets are being asked for, and how that goes.
    preparing: PartSet,
    signing: Errand,
    batch: u32,
    ticket_life: Option<Duration>,
    sending_since: Option<Instant>,
    tasks: Few<TaskId, Task>,
    /// Cancelled, not yet ended.
    recalled: Few<TaskId, ()>,
    minted: u64,
    /// Since when an origin that is needed has been out of reach.
    offline_since: Option<Instant>,
    meter: Meter,
    /// The state that was told last, and the one it ended in.
    state: State,
    ended: Option<State>,
    outputs: VecDeque<Output<K>>,
}

impl<K: Clone> Upload<K> {
    /// An upload of `size` bytes that goes on from `ledger`, which is empty for a new one.
    ///
    /// # Errors
    /// The file does not fit the service's rules, or the part size asked for does not.
    pub fn new(config: Config, rules: Rules, size: u64, ledger: Ledger<K>, dice: Dice) -> Result<Self, PlanError> {
        let slots = config.concurrency.unwrap_or(CONNECTIONS);
        let plan = match ledger.session() {
            Some((_, part_size)) => Plan::with_part_size(size, *part_size, &rules.limits),
            None => Plan::new(size, config.part_size, slots, &rules.limits)?,
        };
        let batch = match rules.preparing {
            Preparing::Tickets { batch } => batch.max(1),
            Preparing::Nothing => 1,
        };
        let mut upload = Self {
            config,
            rules,
            dice,
            phase: Phase::Idle(ledger),
            paused: false,
            watched: false,
            resumed: false,
            parts: Vec::new(),
            ready: PartSet::default(),
            unsigned: PartSet::default(),
            waiting: Few::default(),
            lost: Few::default(),
            stored: 0,
            stored_bytes: 0,
            preparing: PartSet::default(),
            signing: Errand::default(),
            batch,
            ticket_life: None,
            sending_since: None,
            tasks: Few::default(),
            recalled: Few::default(),
            minted: 0,
            offline_since: None,
            meter: Meter::new(size),
            state: State::Queued,
            ended: None,
            outputs: VecDeque::new(),
            plan,
        };
        upload.forget_parts();
        Ok(upload)
    }

    /// How the file is cut.
    #[must_use]
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Takes in what happened. Late and premature inputs are nothing to worry about.
    pub(super) fn handle(&mut self, now: Now, origins: &mut Origins, input: Input<K>) {
        match input {
            Input::Start => self.start(now.instant, origins),
            Input::Pause => self.pause(now, origins),
            Input::Resume => self.resume(now.instant, origins),
            Input::Abort => self.abort(now, origins),
            Input::Watched(watched) => self.watched = watched,
            Input::Online => origins.knock_now(now.instant),
            Input::Tick => {}
            Input::Sent { task, bytes } => self.moved(now.instant, origins, task, bytes),
            Input::Finished { task, outcome } => self.finished(now, origins, task, outcome),
        }
    }

    /// The next thing to do.
    pub(super) fn poll(&mut self) -> Option<Output<K>> {
        self.outputs.pop_front()
    }

    fn start(&mut self, now: Instant, origins: &mut Origins) {
        let Phase::Idle(ledger) = &mut self.phase else { return };
        // Others may have found the origin out of reach: this one sees for itself before it gives up.
        origins.knock_now(now);
        let ledger = std::mem::take(ledger);
        self.phase = match ledger.session().cloned() {
            None => Phase::Opening(Errand::default()),
            Some((session, _)) => {
                self.resumed = true;
                if self.rules.inspects {
                    Phase::Inspecting { session, errand: Errand::default() }
                } else {
                    let remembered = ledger.into_receipts();
                    remembered.into_iter().for_each(|(index, receipt)| self.adopt(index, receipt));
                    Phase::Sending { session }
                }
            }
        };
        // All that was missing may have been the completion.
        self.sample(now);
        self.close_if_whole();
    }

    fn moved(&mut self, now: Instant, origins: &mut Origins, task: TaskId, bytes: u64) {
        let Some(task) = self.tasks.get_mut(task) else { return };
        let bytes = bytes.min(task.size);
        if bytes > task.sent {
            task.sent = bytes;
            task.alive = now;
            task.spared = false;
            if let Some(origin) = &task.origin {
                origins.link(origin).reached();
            }
            self.sample(now);
        }
    }

    fn sends(&self) -> impl Iterator<Item = (TaskId, u32)> {
        self.tasks.iter().filter_map(|(id, task)| match task.purpose {
            Purpose::Send(index) => Some((id, index)),
            _ => None,
        })
    }

    /// Parts in flight.
    pub(super) fn in_flight(&self) -> usize {
        self.sends().count()
    }

    fn session(&self) -> Option<&K> {
        match &self.phase {
            Phase::Inspecting { session, .. } | Phase::Sending { session } => Some(session),
            Phase::Closing(closing) => Some(&closing.session),
            Phase::Clearing(clearing) => Some(&clearing.session),
            Phase::Failed(session) => session.as_ref(),
            Phase::Idle(ledger) => ledger.session().map(|(session, _)| session),
            Phase::Opening(_) | Phase::Orphan(_) | Phase::Over => None,
        }
    }

    fn emit(&mut self, event: Event<K>) {
        self.outputs.push_back(Output::Emit(event));
    }

    /// Nothing is stored, nothing is in hand.
    fn forget_parts(&mut self) {
        let count = self.plan.parts();
        self.parts = (0..count).map(|_| Part::default()).collect();
        self.ready.clear();
        self.unsigned.clear();
        self.waiting.clear();
        self.lost.clear();
        self.preparing.clear();
        self.stored = 0;
        self.stored_bytes = 0;
        (0..count).for_each(|index| self.requeue(index));
    }

    /// A part is known to be stored.
    fn adopt(&mut self, index: u32, receipt: K) {
        let Some(part) = self.parts.get_mut(index as usize) else { return };
        if !matches!(part.standing, Standing::Stored(_)) {
            part.standing = Standing::Stored(receipt);
            part.pass = None;
            self.ready.remove(index);
            self.unsigned.remove(index);
            self.lost.remove(index);
            self.stored += 1;
            self.stored_bytes += self.plan.part(index).size();
        }
    }

    fn requeue(&mut self, index: u32) {
        let part = &mut self.parts[index as usize];
        part.standing = Standing::Queued;
        if part.pass.is_some() || self.rules.preparing == Preparing::Nothing {
            self.ready.insert(index);
        } else {
            self.unsigned.insert(index);
        }
    }
}
