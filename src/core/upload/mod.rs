//! One file's journey.
//!
//! ```text
//! Idle ─Start─▶ Opening ──▶ Sending ─all parts stored─▶ Closing ─▶ Over
//!          │       ▲           │ ▲                                   ▲
//!          │  Restarting ◀─────┘ │ (a number may not be used again)  │
//!          └▶ Inspecting ────────┘ (an earlier session is taken up)  │
//!                                                                    │
//! Closing ──▶ Sending (what went out twice is sent alone), or Restarting (it cannot be completed)
//! Inspecting ──▶ Opening (nothing is left), or Closing (only the answer was lost)
//!
//! Abort from anywhere ─▶ Clearing (Orphan while a create is out) ────┤
//! a failure from anywhere ─▶ Failed ─Abort─▶ Clearing ───────────────┘
//! ```
//!
//! A pause is orthogonal: nothing new starts, and parts in flight are cut where the service lets a number be
//! used again.

mod closing;
mod digesting;
mod doubting;
mod ending;
mod errands;
mod hedging;
mod inspecting;
mod parts;
mod pausing;
mod reckoning;
mod restarting;
mod sending;
mod settling;
mod signing;
mod tasks;
mod telling;
mod waiting;
mod watching;
mod withholding;

use super::errand::Errand;
use super::few::Few;
use super::link::CONNECTIONS;
use super::part::Part;
use super::progress::Meter;
use super::watch::Task;
use super::{
    Config, Dice, Event, Input, Instant, Ledger, Now, Origin, Origins, Output, PartRange, Plan, PlanError, Preparing,
    Rules, Sizes, State, TaskId,
};
use closing::Closing;
use ending::Clearing;
use inspecting::Inspecting;
use parts::Queues;
use restarting::Restarting;
use std::rc::Rc;
use std::time::Duration;
use withholding::Suspicion;

/// Every part with its receipt, in order.
pub(super) type Receipts<K> = Rc<[(PartRange, K)]>;

/// Where the upload stands, with what that phase needs: behind a pointer, since it is taken out and put back at every turn.
#[derive(Clone, Debug)]
enum Phase<K> {
    Idle(Ledger<K>),
    Opening(Errand),
    Inspecting(Box<Inspecting<K>>),
    /// The session is given up; another one follows.
    Restarting(Box<Restarting<K>>),
    Sending {
        session: K,
    },
    Closing(Box<Closing<K>>),
    /// Aborted while a create was out: its answer is awaited, to be discarded.
    Orphan(Errand),
    /// Ended; what is stored is being removed.
    Clearing(Box<Clearing<K>>),
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
    /// Where the session's own requests go, where that is not the API.
    seat: Option<Origin>,
    phase: Phase<K>,
    paused: bool,
    watched: bool,
    resumed: bool,
    parts: Vec<Part<K>>,
    queues: Queues,
    /// Whether the parts' digests may be what keeps answers away.
    suspicion: Suspicion,
    stored: u32,
    stored_bytes: u64,
    /// Bytes of second requests.
    hedged_bytes: u64,
    /// How asking for tickets goes.
    signing: Errand,
    batch: u32,
    /// Whether a receipt was reckoned.
    reckoned: bool,
    /// Until when the service must be told of the next stored parts, and how telling goes.
    settle_by: Option<Instant>,
    settling: Errand,
    /// How many sessions were given up because a number may not be used again.
    restarts: u32,
    /// Whether one of them was because a part was refused.
    refused: bool,
    /// How many of them were because a part was silent: each doubles the patience with the parts that follow.
    silences: u32,
    /// What may be left at the service of sessions that were given up.
    left: Option<String>,
    /// Why it is not known what became of a try to create a session: the service may hold one, and its name is not known.
    nameless: Option<String>,
    /// Whether completing has begun, in this visit or in one before, and has not been refused: it may have taken effect,
    /// and an object cannot be removed.
    may_be_completed: bool,
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
    outputs: Vec<Output<K>>,
}

impl<K: Clone> Upload<K> {
    /// An upload of `size` bytes that goes on from `ledger`, which is empty for a new one.
    ///
    /// # Errors
    /// The file does not fit the service's rules, or the part size asked for does not.
    pub fn new(mut config: Config, rules: Rules, size: u64, ledger: Ledger<K>, dice: Dice) -> Result<Self, PlanError> {
        // What the service takes at most is a limit, and no wish for more than a browser has connections.
        let most = rules.most_at_once.map(|most| most.min(config.concurrency.unwrap_or(CONNECTIONS)));
        config.concurrency = most.or(config.concurrency);
        if rules.sizes() == Sizes::Theirs && config.part_size.is_some() {
            return Err(PlanError::NotOurs);
        }
        let slots = config.concurrency.unwrap_or(CONNECTIONS);
        let plan = match ledger.session() {
            Some((_, part_size)) => Plan::with_part_size(size, *part_size, &rules.limits),
            None => Plan::cut(size, config.part_size, slots, rules.suited(size), &rules.limits)?,
        };
        // What was remembered may be anything, and room is made for every part.
        if plan.parts() > rules.limits.max_parts {
            return Err(PlanError::PartSize { asked: plan.part_size(), limits: rules.limits });
        }
        let batch = match rules.preparing() {
            Preparing::Tickets { batch } => batch.max(1),
            Preparing::Nothing | Preparing::Each => 1,
        };
        let mut upload = Self {
            config,
            rules,
            dice,
            seat: ledger.seat().cloned(),
            paused: false,
            watched: false,
            resumed: false,
            parts: Vec::new(),
            queues: Queues::default(),
            suspicion: Suspicion::default(),
            stored: 0,
            stored_bytes: 0,
            hedged_bytes: 0,
            signing: Errand::default(),
            batch,
            reckoned: false,
            settle_by: None,
            settling: Errand::default(),
            restarts: 0,
            left: None,
            nameless: None,
            may_be_completed: ledger.is_closing(),
            phase: Phase::Idle(ledger),
            refused: false,
            silences: 0,
            ticket_life: None,
            sending_since: None,
            tasks: Few::default(),
            recalled: Few::default(),
            minted: 0,
            offline_since: None,
            meter: Meter::new(size),
            state: State::Queued,
            ended: None,
            outputs: Vec::new(),
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

    /// Whether it has not begun.
    pub(super) const fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Idle(_))
    }

    /// Gives its place to an upload that goes on from what is remembered; what was asked of this one is asked of that.
    pub(super) fn make_way(&mut self, upload: Self) {
        let (paused, watched) = (self.paused, self.watched);
        *self = upload;
        (self.paused, self.watched) = (paused, watched);
    }

    /// Takes in what happened. Late and premature inputs are nothing to worry about.
    pub(super) fn handle(&mut self, now: Now, origins: &mut Origins, input: Input<K>) {
        match input {
            Input::Start => self.start(now.instant, origins),
            Input::Pause => self.pause(now, origins),
            Input::Resume => self.resume(now.instant, origins),
            Input::Abort => self.abort(now, origins),
            Input::Watched(watched) => self.watched = watched,
            Input::Online => origins.returned(now.instant),
            Input::Tick => {}
            Input::Sent { task, bytes } => self.moved(now.instant, origins, task, bytes),
            Input::Finished { task, outcome } => self.finished(now, origins, task, outcome),
        }
    }

    /// What is to be done, in its order.
    pub(super) fn outputs(&mut self) -> Vec<Output<K>> {
        std::mem::take(&mut self.outputs)
    }

    fn start(&mut self, now: Instant, origins: &mut Origins) {
        let Phase::Idle(ledger) = &mut self.phase else { return };
        // Others may have found the origin out of reach: this one sees for itself before it gives up.
        origins.knock_now(now);
        let ledger = std::mem::take(ledger);
        if ledger.session().is_none() {
            self.suit(origins);
        }
        self.phase = match ledger.session().cloned() {
            None => Phase::Opening(Errand::default()),
            Some((session, _)) => {
                self.resumed = true;
                let was_closing = ledger.is_closing();
                let inspecting = Inspecting::new(session, ledger.into_receipts(), was_closing, self.plan.parts());
                if self.rules.inspects { Phase::Inspecting(inspecting.into()) } else { self.trust(now, inspecting) }
            }
        };
        // All that was missing may have been the completion.
        self.sample(now);
        self.close_if_whole();
    }

    /// Where requests of the service go: to its API, or where it said that this session has its seat.
    fn home(&self) -> Option<&Origin> {
        let seat = self.seat.as_ref().filter(|_| !matches!(self.phase, Phase::Opening(_) | Phase::Orphan(_)));
        seat.or(self.rules.api.as_ref())
    }

    fn session(&self) -> Option<&K> {
        match &self.phase {
            Phase::Inspecting(inspecting) => Some(&inspecting.session),
            Phase::Sending { session } => Some(session),
            Phase::Restarting(restarting) => Some(&restarting.session),
            Phase::Closing(closing) => Some(&closing.session),
            Phase::Clearing(clearing) => Some(&clearing.session),
            Phase::Failed(session) => session.as_ref(),
            Phase::Idle(ledger) => ledger.session().map(|(session, _)| session),
            Phase::Opening(_) | Phase::Orphan(_) | Phase::Over => None,
        }
    }

    fn emit(&mut self, event: Event<K>) {
        self.outputs.push(Output::Emit(event));
    }
}
