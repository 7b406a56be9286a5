//! What is said to a service, and what it says, whatever language it is said in.

/// What arrives at the service. Parts are numbered from one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// So many bytes, in so many parts where the service wants to know that.
    Open {
        size: u64,
        parts: Option<u32>,
    },
    Sign {
        session: String,
        numbers: Vec<u32>,
    },
    /// URLs for whatever is missing.
    SignMissing {
        session: String,
    },
    /// What a stored part is called.
    Reckon {
        session: String,
        number: u32,
    },
    /// What a part's bytes come to; nobody but the disk is asked.
    Digest {
        start: u64,
        size: u64,
    },
    Put {
        serial: Option<usize>,
        session: String,
        number: u32,
        start: u64,
        size: u64,
        /// The digest that goes with it, and whether the URL was signed for one.
        digest: Option<String>,
        signed: bool,
    },
    Report {
        session: String,
        parts: Vec<(u32, String)>,
    },
    Status {
        session: String,
    },
    List {
        session: String,
        from: u32,
    },
    /// Page by page, the last one empty, as some have it.
    Page {
        session: String,
        page: u32,
    },
    /// With a receipt of each part, where the service has such.
    Complete {
        session: String,
        parts: Vec<(u32, Option<String>)>,
    },
    Verify {
        session: String,
    },
    Discard {
        session: String,
    },
}

/// Signed URLs, by part: their serial numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Urls {
    pub(crate) serials: Vec<(u32, usize)>,
    pub(crate) signed_at: u64,
    /// Seconds.
    pub(crate) lifetime: Option<u64>,
}

/// A part of a list: its number, ETag and size, and the digest that it was stored with.
pub(crate) type Row = (u32, String, u64, Option<String>);

/// What the service says to it.
#[derive(Clone, Debug)]
pub(crate) enum Said {
    /// Its name, how large its parts are where the service says so, and the URLs that came with it.
    Opened(String, Option<u64>, Urls),
    Signed(Urls),
    Digested(String),
    Stored(String),
    /// Parts, and where the next page begins if there is one.
    Listed(Vec<Row>, Option<u32>),
    /// Its name, with the last part.
    Noted(Option<String>),
    Working,
    Completed(String),
    Whole(u64),
    Absent,
    Discarded,
    No {
        status: u16,
        code: &'static str,
        after: Option<u64>,
    },
    /// It was done, and what came back is a proxy's page.
    Garbage,
}

impl Said {
    pub(crate) const fn no(status: u16, code: &'static str) -> Self {
        Self::No { status, code, after: None }
    }
}
