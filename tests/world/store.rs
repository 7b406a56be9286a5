//! The simulated service: sessions, signed URLs, parts and finished objects, as S3 behind a signing backend has them.

use std::collections::{BTreeMap, BTreeSet};

/// What arrives at the service, whatever language it was said in. Parts are numbered from one.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    Open,
    Sign { session: String, numbers: Vec<u32> },
    Put { serial: Option<usize>, session: String, number: u32, start: u64, size: u64 },
    List { session: String },
    Complete { session: String, parts: Vec<(u32, String)> },
    Verify { session: String },
    Discard { session: String },
}

/// What the service says to it.
#[derive(Clone, Debug)]
pub(crate) enum Said {
    Opened(String),
    Signed { urls: Vec<(u32, usize)>, signed_at: u64, lifetime: Option<u64> },
    Stored(String),
    Listed(Vec<(u32, String, u64)>),
    Completed(String),
    Whole(u64),
    Absent,
    Discarded,
    No { status: u16, code: &'static str, after: Option<u64> },
}

impl Said {
    pub(crate) const fn no(status: u16, code: &'static str) -> Self {
        Self::No { status, code, after: None }
    }
}

/// A part as it is stored.
#[derive(Clone, Debug)]
struct Stored {
    etag: String,
    start: u64,
    size: u64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Session {
    parts: BTreeMap<u32, Stored>,
    /// Whether its name has reached the page: what nobody was told of nobody can remove.
    pub(crate) told: bool,
    gone: bool,
    object: Option<Vec<(u64, u64)>>,
}

/// A signed URL.
#[derive(Clone, Debug)]
struct Signed {
    session: String,
    number: u32,
    until: Option<u64>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    sessions: BTreeMap<String, Session>,
    urls: Vec<Signed>,
    etags: u32,
    /// Whether completing a completed session answers as it did before.
    pub(crate) idempotent: bool,
    /// Seconds that signed URLs live; for ever without.
    pub(crate) lifetime: Option<u64>,
    /// Whether URLs can be asked for in batches.
    pub(crate) batches: bool,
    /// Parts that batches leave out.
    pub(crate) omitted: BTreeSet<u32>,
    /// The service's own clock, beside the world's.
    pub(crate) skew: i64,
    /// What is said of how long URLs live, whatever is so.
    pub(crate) says_lifetime: Option<u64>,
    /// What is said of a finished object's size, whatever it is.
    pub(crate) says_size: Option<u64>,
    /// URLs signed until then, by number, are refused.
    refused_below: usize,
    /// How often each kind of thing was asked.
    pub(crate) asked: BTreeMap<&'static str, u32>,
}

impl Store {
    pub(crate) fn new() -> Self {
        Self { idempotent: true, batches: true, lifetime: Some(300), ..Self::default() }
    }

    const fn wall(&self, now: u64) -> u64 {
        now.saturating_add_signed(self.skew)
    }

    /// All URLs that are out are over.
    pub(crate) fn expire_urls(&mut self) {
        self.refused_below = self.urls.len();
    }

    pub(crate) fn session(&mut self, name: &str) -> &mut Session {
        self.sessions.entry(name.to_owned()).or_default()
    }

    /// Forgets a session, as a store's own housekeeping does.
    pub(crate) fn forget(&mut self, name: &str) {
        let session = self.session(name);
        session.parts.clear();
        session.gone = true;
    }

    /// What finished object a session has become: its pieces, in order.
    pub(crate) fn object(&self, session: &str) -> Option<&[(u64, u64)]> {
        self.sessions.get(session)?.object.as_deref()
    }

    /// Numbers that are stored of an unfinished session.
    pub(crate) fn stored(&self, session: &str) -> BTreeSet<u32> {
        self.sessions.get(session).map(|session| session.parts.keys().copied().collect()).unwrap_or_default()
    }

    pub(crate) fn is_open(&self, session: &str) -> bool {
        self.sessions.get(session).is_some_and(|session| !session.gone && session.object.is_none())
    }

    /// Sessions that the page knows of and that are neither completed nor removed.
    pub(crate) fn told_and_open(&self) -> Vec<&str> {
        let open = |session: &Session| session.told && !session.gone && session.object.is_none();
        self.sessions.iter().filter(|(_, session)| open(session)).map(|(name, _)| name.as_str()).collect()
    }

    /// Carries out what was asked. `began`: when the head of the request arrived.
    pub(crate) fn act(&mut self, now: u64, began: u64, ask: &Ask) -> Said {
        match ask {
            Ask::Open => {
                // Names as hostile as services may make them.
                let name = format!("up/{} +?&=\u{1f980}", self.sessions.len());
                self.sessions.insert(name.clone(), Session::default());
                Said::Opened(name)
            }
            Ask::Sign { numbers, .. } if numbers.len() > 1 && !self.batches => Said::no(404, "NotFound"),
            Ask::Sign { session, numbers } => {
                let signed_at = self.wall(now);
                let until = self.lifetime.map(|seconds| signed_at + seconds * 1000);
                let batch = numbers.len() > 1;
                let mut urls = Vec::new();
                for &number in numbers.iter().filter(|number| !batch || !self.omitted.contains(number)) {
                    urls.push((number, self.urls.len()));
                    self.urls.push(Signed { session: session.clone(), number, until });
                }
                Said::Signed { urls, signed_at, lifetime: self.says_lifetime.or(self.lifetime) }
            }
            Ask::Put { serial, session, number, start, size } => {
                let wall = self.wall(began);
                if let Some(serial) = *serial {
                    let signed = &self.urls[serial];
                    assert_eq!((&signed.session, signed.number), (session, *number), "a URL was used for another part");
                    if serial < self.refused_below || signed.until.is_some_and(|until| until < wall) {
                        return Said::no(403, "AccessDenied");
                    }
                }
                self.etags += 1;
                let etag = format!("\"{}-{number}\"", self.etags);
                let session = self.session(session);
                if session.object.is_some() || session.gone {
                    return Said::no(404, "NoSuchUpload");
                }
                session.parts.insert(*number, Stored { etag: etag.clone(), start: *start, size: *size });
                Said::Stored(etag)
            }
            Ask::List { session } => match self.sessions.get(session) {
                Some(session) if !session.gone && session.object.is_none() => {
                    Said::Listed(session.parts.iter().map(|(n, part)| (*n, part.etag.clone(), part.size)).collect())
                }
                _ => Said::no(404, "NoSuchUpload"),
            },
            Ask::Complete { session, parts } => self.complete(session, parts),
            Ask::Verify { session } => match self.object(session) {
                Some(pieces) => Said::Whole(self.says_size.unwrap_or(pieces.iter().map(|(_, size)| size).sum())),
                None => Said::Absent,
            },
            Ask::Discard { session } => {
                let Some(session) = self.sessions.get_mut(session).filter(|s| !s.gone && s.object.is_none()) else {
                    return Said::no(404, "NoSuchUpload");
                };
                session.gone = true;
                session.parts.clear();
                Said::Discarded
            }
        }
    }

    fn complete(&mut self, name: &str, parts: &[(u32, String)]) -> Said {
        let idempotent = self.idempotent;
        let session = self.session(name);
        if session.gone || (session.object.is_some() && !idempotent) {
            return Said::no(404, "NoSuchUpload");
        }
        if session.object.is_some() {
            return Said::Completed(format!("https://store.example/{name}"));
        }
        let mut pieces = Vec::new();
        for (number, etag) in parts {
            match session.parts.get(number) {
                Some(part) if part.etag == *etag => pieces.push((part.start, part.size)),
                _ => return Said::no(400, "InvalidPart"),
            }
        }
        if !parts.windows(2).all(|pair| pair[0].0 < pair[1].0) {
            return Said::no(400, "InvalidPartOrder");
        }
        session.object = Some(pieces);
        session.parts.clear();
        Said::Completed(format!("https://store.example/{name}"))
    }

    /// A part that was on its way when its session was removed arrives after all, as S3 warns of.
    pub(crate) fn haunt(&mut self, name: &str, number: u32, start: u64, size: u64) {
        let session = self.session(name);
        if session.object.is_none() {
            session.gone = false;
            session.parts.insert(number, Stored { etag: "ghost".into(), start, size });
        }
    }
}
