//! What a service allows and what an app asks for, as data.

use super::plan::COMFORTABLE;
use super::{Limits, Origin, Retry};
use std::time::Duration;

/// Whether every role is built in, or those alone of a store that takes parts under signed URLs, as often as they are sent,
/// and completes when it is told to. The rest is no code then: what asks by the methods of [`Rules`] is compiled away.
pub const EVERY_ROLE: bool = cfg!(feature = "services");

/// Parts that a file has before they are made larger than is comfortable: ten for each of six connections.
const FEW: u64 = 60;

/// A service's rules, as its adapter states them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Sizes and counts.
    pub limits: Limits,
    /// Whether parts need something (a URL) before they can be sent.
    pub preparing: Preparing,
    /// Whether, and when, a part's bytes are digested before it is sent.
    pub digests: Digests,
    /// Whether a part's number may be used again after an attempt that failed.
    pub numbers: Numbers,
    /// Who says how large parts are.
    pub sizes: Sizes,
    /// Parts in flight at once that no upload may exceed.
    pub most_at_once: Option<u32>,
    /// How the service is told of stored parts, if it wants to be.
    pub settling: Option<Settling>,
    /// Whether there is a call that completes; else it is what settles the last part.
    pub completes: bool,
    /// Whether the service is asked until it is done with what it was given.
    pub watches: bool,
    /// Whether stored parts can be listed.
    pub inspects: bool,
    /// Whether the service can be asked what the finished object is.
    pub verifies: bool,
    /// Whether an unfinished session can be removed.
    pub discards: bool,
    /// Whether the receipt of a part that is stored can be reckoned from its bytes.
    pub reckons: bool,
    /// Where its API lives; `None` if functions of the app stand for it.
    pub api: Option<Origin>,
}

impl Rules {
    /// Those of a service that takes parts at its API and a call that completes, and has nothing else.
    #[must_use]
    pub const fn plain(limits: Limits, api: Option<Origin>) -> Self {
        Self {
            limits,
            preparing: Preparing::Nothing,
            digests: Digests::Never,
            numbers: Numbers::Reusable,
            sizes: Sizes::Ours,
            most_at_once: None,
            settling: None,
            completes: true,
            watches: false,
            inspects: false,
            verifies: false,
            discards: false,
            reckons: false,
            api,
        }
    }

    /// Whether parts need something before they can be sent.
    #[must_use]
    pub const fn preparing(&self) -> Preparing {
        match self.preparing {
            Preparing::Nothing | Preparing::Each if !EVERY_ROLE => Preparing::Tickets { batch: 1 },
            preparing => preparing,
        }
    }

    /// Whether a part's number may be used again.
    #[must_use]
    pub const fn numbers(&self) -> Numbers {
        if EVERY_ROLE { self.numbers } else { Numbers::Reusable }
    }

    /// Who says how large parts are.
    #[must_use]
    pub const fn sizes(&self) -> Sizes {
        if EVERY_ROLE { self.sizes } else { Sizes::Ours }
    }

    /// How the service is told of stored parts, if it wants to be.
    #[must_use]
    pub const fn settling(&self) -> Option<Settling> {
        if EVERY_ROLE { self.settling } else { None }
    }

    /// Whether there is a call that completes.
    #[must_use]
    pub const fn completes(&self) -> bool {
        self.completes || !EVERY_ROLE
    }

    /// Whether the service is asked until it is done.
    #[must_use]
    pub const fn watches(&self) -> bool {
        self.watches && EVERY_ROLE
    }

    /// Whether a lost receipt can be reckoned.
    #[must_use]
    pub const fn reckons(&self) -> bool {
        self.reckons && EVERY_ROLE
    }

    /// Whether more parts at once than six may be tried: they are slices that travel as they are, and one that a store turns
    /// away costs an attempt at most.
    #[must_use]
    pub fn widens(&self) -> bool {
        self.numbers() == Numbers::Reusable && matches!(self.preparing(), Preparing::Tickets { .. })
    }

    /// How large a part of a file of that size should be, before anything is known of the link. Of a large file larger ones,
    /// since on a long way the waits between them count; but not where they are held in memory while they are sent.
    pub(super) fn suited(&self, size: u64) -> u64 {
        if self.widens() { (size / FEW).clamp(COMFORTABLE, 2 * COMFORTABLE) } else { COMFORTABLE }
    }

    /// Whether a part may be under way twice at once: its signed URL takes it again, what arrives last replaces what was
    /// there, and what came of it is known where it completes. Where the service is told of each part as it is stored, a
    /// receipt may be of the other request and is past mending; the service's own API, and functions of the app that send
    /// parts, are asked for one once at a time. Functions that complete must be able to say what is stored: it is asked
    /// when one throws, and a later visit has its receipts from there.
    #[must_use]
    pub fn hedges(&self) -> bool {
        self.widens() && self.settling().is_none() && self.completes() && (self.api.is_some() || self.inspects)
    }
}

/// Whether parts need something before they can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preparing {
    /// The session is enough.
    Nothing,
    /// A ticket for each, asked for in batches of at most this many.
    Tickets {
        /// The largest batch.
        batch: u32,
    },
    /// A ticket for each attempt, asked for just before it.
    Each,
}

/// Whether a part's bytes are digested before it is sent, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digests {
    /// They are not.
    Never,
    /// Before anything else is done for the part: what lets it be sent is asked for with its digest.
    First,
    /// Where the part's ticket asks for it.
    Asked,
    /// The same, and the app counts on it: that a ticket does not ask for it is told.
    Expected,
}

/// Whether a part's number may be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// It may: what is sent again replaces what was there. A pause cuts the parts in flight.
    Reusable,
    /// It may not, once an attempt has failed: the session is given up for a new one. A pause lets the parts in flight
    /// through, since one that was cut has failed.
    Once,
}

/// Who says how large parts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sizes {
    /// The client, within the limits.
    Ours,
    /// The service, when it creates the session.
    Theirs,
}

/// How a service is told of stored parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settling {
    /// At most so many at once; as soon as there are so many.
    pub batch: u32,
    /// Not later than this after the first of them was stored.
    pub within: Duration,
}

/// How long silence may last. `None` anywhere: for ever, because the app said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Without a sign of life while a body is sent. Default 15 s: three times what a mobile link takes to
    /// change cells. Four times as long, at least, where nothing can be seen.
    pub stall: Option<Duration>,
    /// For an API request. Default 60 s.
    pub response: Option<Duration>,
    /// For completing, by a function of the app as well. Default 600 s: a store may take minutes to join ten thousand parts.
    pub complete: Option<Duration>,
    /// For any other function of the app. Default 120 s.
    pub function: Option<Duration>,
    /// How long an origin may be out of reach. Default 300 s.
    pub outage: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            stall: Some(Duration::from_secs(15)),
            response: Some(Duration::from_secs(60)),
            complete: Some(Duration::from_secs(600)),
            function: Some(Duration::from_secs(120)),
            outage: Duration::from_secs(300),
        }
    }
}

/// What may carry a part's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// XMLHttpRequest where somebody watches progress inside a part that matters, or where bytes must be seen leaving to find
    /// how many parts at once pay; fetch otherwise.
    Auto,
    /// Always fetch.
    Fetch,
    /// Always XMLHttpRequest.
    Xhr,
}

/// What the app asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Bytes of every part but the last; `None`: chosen.
    pub part_size: Option<u64>,
    /// Parts in flight at once; `None`: as many as the origin's budget allows.
    pub concurrency: Option<u32>,
    /// Attempts and waits.
    pub retry: Retry,
    /// Silences.
    pub timeouts: Timeouts,
    /// What carries the bytes.
    pub transport: Transport,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            part_size: None,
            concurrency: None,
            retry: Retry::default(),
            timeouts: Timeouts::default(),
            transport: Transport::Auto,
        }
    }
}
