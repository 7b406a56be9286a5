//! What comes of a step that ended well.

use super::{Origin, Wall};
use std::time::Duration;

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
    /// Whether the part cannot be sent with it unless its digest goes along.
    pub wants_digest: bool,
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
    /// The digest of a part's bytes.
    Digested(K),
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
