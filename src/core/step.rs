//! The words between the machine and its driver: what happened, what to do.

use super::{Change, Error, Failed, Origin, PartRange, Progress, State, Wall};
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
        /// Which attempt at the first of them it is for, counted from one.
        attempt: u32,
    },
    /// Send one part.
    Send {
        /// The session.
        session: K,
        /// Which part.
        part: PartRange,
        /// What was prepared for it.
        ticket: Option<K>,
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

/// How long a ticket lives, as its adapter reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// When it was signed, on the signer's clock, if it says so.
    pub signed_at: Option<Wall>,
    /// For how long.
    pub lifetime: Duration,
}

/// What one part needs before it can be sent.
#[derive(Clone, Debug)]
pub struct Ticket<K> {
    /// The adapter's own: a URL and its headers.
    pub keep: K,
    /// Where it leads.
    pub origin: Origin,
    /// How long it lives; `None`: until further notice.
    pub expiry: Option<Expiry>,
}

/// One part as the service lists it.
#[derive(Clone, Debug)]
pub struct StoredPart<K> {
    /// Which part, counted from zero.
    pub index: u32,
    /// Bytes that are stored; `None` where the service does not say.
    pub size: Option<u64>,
    /// Its receipt.
    pub receipt: K,
}

/// The good end of a step.
#[derive(Clone, Debug)]
pub enum Reply<K> {
    /// The session exists.
    Opened {
        /// The session.
        session: K,
        /// Tickets that came with it, by part, counted from zero.
        tickets: Vec<(u32, Ticket<K>)>,
        /// Bytes of every part but the last, where the service says how many.
        part_size: Option<u64>,
        /// Where the session's own requests go, where that is not the API.
        seat: Option<Origin>,
    },
    /// Tickets, by part, counted from zero.
    Prepared(Vec<(u32, Ticket<K>)>),
    /// The part is stored, and this is its receipt.
    Sent(K),
    /// What is stored of an unfinished session.
    Listed {
        /// Parts that are stored.
        parts: Vec<StoredPart<K>>,
        /// What is to be asked for the next page, if there is one.
        next: Option<K>,
    },
    /// The service has taken note of the parts; what takes the session's place, if more is known of it now.
    Settled(Option<K>),
    /// The service has everything, and is not done with it.
    Working,
    /// The service does not know the session: completed, removed or expired.
    Unknown,
    /// The upload is complete.
    Closed(K),
    /// The finished object exists, and has so many bytes.
    Whole {
        /// Bytes.
        size: u64,
        /// The answer, in the shape of one to completing.
        closing: K,
    },
    /// There is no finished object.
    Absent,
    /// The session and what it stored are removed.
    Discarded,
}

impl<K> Reply<K> {
    /// A session that came with nothing else.
    pub const fn opened(session: K) -> Self {
        Self::Opened { session, tickets: Vec::new(), part_size: None, seat: None }
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
