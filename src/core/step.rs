//! The words between the machine and its driver: what happened, what to do.

use super::{Change, Error, Failed, PartRange, Progress, Reply, State};
use std::rc::Rc;
use std::time::Duration;

/// The name of one running step. Minted by the upload only, and never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub(super) u64);

/// What happened, or was asked.
#[derive(Clone, Debug)]
pub enum Input<K> {
    /// Begin.
    Start,
    /// Send nothing more; keep what is stored.
    Pause,
    /// Go on.
    Resume,
    /// End it, and remove what is stored.
    Abort,
    /// The browser believes that the network is back. A hint: what waits for the origin is tried at once.
    Online,
    /// Whether somebody looks at progress inside parts.
    Watched(bool),
    /// Time has passed.
    Tick,
    /// So many bytes of a task's body have left.
    Sent {
        /// Which task.
        task: TaskId,
        /// Bytes of its body.
        bytes: u64,
    },
    /// A task has ended. A cancelled one ends too.
    Finished {
        /// Which task.
        task: TaskId,
        /// What came of it.
        outcome: Result<Reply<K>, Failed>,
    },
}

/// What to do.
#[derive(Clone, Debug)]
pub enum Output<K> {
    /// Carry out a step, and tell how it ended.
    Run {
        /// Its name.
        task: TaskId,
        /// The step.
        step: Step<K>,
    },
    /// Stop a task, and tell that it ended.
    Cancel {
        /// Which one.
        task: TaskId,
    },
    /// Remember a change.
    Save(Change<K>),
    /// Tell the app.
    Emit(Event<K>),
}

/// What carries one part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// fetch: nothing is seen until the answer.
    Fetch,
    /// XMLHttpRequest: tells how far the body has got.
    Xhr,
}

/// One HTTP exchange, or one call of a function of the app, by its role.
#[derive(Clone, Debug)]
pub enum Step<K> {
    /// Create the session. The file is cut already: some services want to know how.
    Open {
        /// How many parts there will be.
        parts: u32,
        /// Bytes of every part but the last.
        part_size: u64,
    },
    /// Get what some parts need before they can be sent.
    Prepare {
        /// The session.
        session: K,
        /// Which parts.
        parts: Vec<PartRange>,
        /// Their digests, in the same order; none where they are not digested first.
        digests: Vec<K>,
        /// Which attempt at the first of them it is for, counted from one.
        attempt: u32,
    },
    /// Digest the bytes of a part.
    Digest {
        /// The session.
        session: K,
        /// Which part.
        part: PartRange,
        /// What was prepared for it, where that asks for the digest.
        ticket: Option<K>,
    },
    /// Send one part.
    Send {
        /// The session.
        session: K,
        /// Which part.
        part: PartRange,
        /// What was prepared for it.
        ticket: Option<K>,
        /// The digest of its bytes, if it is to go with them.
        digest: Option<K>,
        /// What carries it.
        carrier: Carrier,
    },
    /// Reckon the receipt of a part that is stored, and whose receipt was lost, from its bytes.
    Reckon {
        /// The session.
        session: K,
        /// Which part.
        part: PartRange,
    },
    /// Tell the service of parts that are stored.
    Settle {
        /// The session.
        session: K,
        /// Which parts, with their receipts.
        receipts: Rc<[(PartRange, K)]>,
    },
    /// List what is stored.
    Inspect {
        /// The session.
        session: K,
        /// What the page before said of this one; `None` for the first.
        page: Option<K>,
        /// Receipts that are in hand, by part: a list may say less of a part than its receipt did.
        remembered: Rc<[Option<K>]>,
    },
    /// Complete.
    Close {
        /// The session.
        session: K,
        /// Every part with its receipt, in order.
        receipts: Rc<[(PartRange, K)]>,
    },
    /// Ask whether the service is done with what it was given.
    Watch {
        /// The session.
        session: K,
    },
    /// Ask what the finished object is.
    Verify {
        /// The session.
        session: K,
    },
    /// Remove the session and what it stored.
    Discard {
        /// The session.
        session: K,
    },
}

impl<K> Step<K> {
    /// The name of the function of the app that stands for it.
    #[must_use]
    pub const fn role(&self) -> &'static str {
        match self {
            Self::Open { .. } => "create",
            Self::Prepare { .. } => "sign",
            Self::Digest { .. } => "digest",
            Self::Send { .. } => "part",
            Self::Reckon { .. } => "receipt",
            Self::Settle { .. } => "report",
            Self::Inspect { .. } => "list",
            Self::Watch { .. } => "status",
            Self::Close { .. } => "complete",
            Self::Verify { .. } => "verify",
            Self::Discard { .. } => "abort",
        }
    }
}

/// What the app is told.
#[derive(Clone, Debug)]
pub enum Event<K> {
    /// Where the upload stands.
    State {
        /// Now.
        state: State,
        /// Before.
        previous: State,
    },
    /// How far it is.
    Progress(Progress),
    /// A part is stored.
    Part {
        /// Which.
        part: PartRange,
        /// Its receipt.
        receipt: K,
    },
    /// An attempt failed and another one will follow.
    Retry {
        /// Why.
        error: Error,
        /// How many attempts that makes.
        attempt: u32,
        /// How long it waits.
        delay: Duration,
    },
    /// The upload begins anew; in words, why.
    Restarted(String),
    /// Parts go without a digest from now on, although one was asked for; in words, why.
    Unchecked(String),
    /// The one good ending.
    Success {
        /// The session.
        session: K,
        /// Every part with its receipt, in order.
        receipts: Rc<[(PartRange, K)]>,
        /// The answer that completed it.
        closing: K,
        /// Whether an earlier upload was taken up.
        resumed: bool,
    },
    /// The one bad ending.
    Failure(Error),
    /// Nothing of it runs any more, and nothing more will be told. `left` says what could not be removed.
    Over {
        /// Why the service may still hold something.
        left: Option<String>,
    },
}
