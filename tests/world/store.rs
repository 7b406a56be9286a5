//! The simulated service: sessions, signed URLs, parts and finished objects, as S3 behind a signing backend has them.

mod listing;

use super::words::{Ask, Said, Urls};
use std::collections::{BTreeMap, BTreeSet};

/// A part as it is stored.
#[derive(Clone, Debug)]
struct Stored {
    etag: String,
    start: u64,
    size: u64,
    digest: Option<String>,
    /// Whether somebody else stored it, who cut the file in another way.
    is_misfit: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Session {
    size: u64,
    /// How many parts it is to have, where the service knows.
    count: Option<u32>,
    parts: BTreeMap<u32, Stored>,
    reported: BTreeSet<u32>,
    /// How often it was asked whether it is done.
    asked: u32,
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
    /// How many URLs come with a session, and whether later ones are signed for open sessions only.
    pub(crate) signs_first: u32,
    pub(crate) signs_open_only: bool,
    /// Whether URLs can be asked for in batches.
    pub(crate) batches: bool,
    /// Whether a part is called after its bytes, as unencrypted S3 does, so that its receipt can be reckoned.
    pub(crate) digests: bool,
    /// Whether a digest that comes with a part is refused, whatever its URL was signed for.
    pub(crate) refuses_digests: bool,
    /// Whether its CORS rules forbid the header of a digest: a request with one gets no answer.
    pub(crate) forbids_digests: bool,
    /// Whether URLs are for parts only that are not stored.
    pub(crate) signs_missing: bool,
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
    /// How large parts are, where the service says so.
    pub(crate) part_size: Option<u64>,
    /// Parts on one page of a listing.
    pub(crate) page: Option<usize>,
    /// How often a finished object is said to be in the making.
    pub(crate) works: u32,
    /// How often before that it is said not to be there.
    pub(crate) hides: u32,
    /// Whether reports complete an upload, and whether listings name parts that were never reported.
    pub(crate) reports: bool,
    pub(crate) lists_unreported: bool,
    /// Whether a listing says of a session that it is completed, where it is one that reports complete.
    pub(crate) lists_completed: bool,
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
        let parts = self.sessions.get(session).map(|session| &session.parts);
        parts.into_iter().flatten().filter(|(_, part)| !part.is_misfit).map(|(number, _)| *number).collect()
    }

    /// Whether a part was stored with a digest.
    pub(crate) fn has_digest(&self, session: &str, number: u32) -> bool {
        let part = self.sessions.get(session).and_then(|session| session.parts.get(&number));
        part.is_some_and(|part| part.digest.is_some())
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
            Ask::Open { size, parts } => {
                // Names as hostile as services may make them.
                let name = format!("up/{} +?&=\u{1f980}", self.sessions.len());
                self.sessions.insert(name.clone(), Session { size: *size, count: *parts, ..Session::default() });
                let count = self.part_size.and_then(|part| u32::try_from(size.div_ceil(part)).ok()).or(*parts);
                let first = (1..=count.unwrap_or(0).min(self.signs_first)).collect::<Vec<_>>();
                let urls = self.sign(now, &name, &first);
                Said::Opened(name, self.part_size, urls)
            }
            Ask::Sign { numbers, .. } if numbers.len() > 1 && !self.batches => Said::no(404, "NotFound"),
            // Here, too, what a part is called follows from what was stored; the page need not ask.
            Ask::Reckon { session, number } => {
                let part = self.session(session).parts.get(number);
                Said::Stored(part.map_or_else(String::new, |part| part.etag.clone()))
            }
            Ask::Sign { session, .. } if self.signs_open_only && !self.is_open(session) => {
                Said::no(404, "NoSuchUpload")
            }
            Ask::Sign { session, numbers } => {
                let batch = numbers.len() > 1;
                let stored = if self.signs_missing { self.stored(session) } else { BTreeSet::new() };
                let is_signed = |number: &&u32| !(stored.contains(*number) || batch && self.omitted.contains(*number));
                let numbers: Vec<_> = numbers.iter().filter(is_signed).copied().collect();
                Said::Signed(self.sign(now, session, &numbers))
            }
            Ask::SignMissing { session } if !self.is_open(session) => Said::no(404, "NoSuchUpload"),
            Ask::SignMissing { session } => {
                let known = self.session(session).clone();
                let numbers = (1..=known.count.unwrap_or(0)).filter(|number| !known.parts.contains_key(number));
                Said::Signed(self.sign(now, session, &numbers.collect::<Vec<_>>()))
            }
            Ask::Digest { start, size } => Said::Digested(digest(*start, *size)),
            Ask::Put { serial, session, number, start, size, digest: promised, signed } => {
                let wall = self.wall(began);
                if let Some(serial) = *serial {
                    let signed = &self.urls[serial];
                    assert_eq!((&signed.session, signed.number), (session, *number), "a URL was used for another part");
                    if serial < self.refused_below || signed.until.is_some_and(|until| until < wall) {
                        return Said::no(403, "AccessDenied");
                    }
                }
                // Whatever goes wrong elsewhere, a digest is of the right bytes.
                assert!(promised.as_ref().is_none_or(|promised| *promised == digest(*start, *size)), "{ask:?}");
                match (promised, *signed) {
                    (Some(_), signed) if !signed || self.refuses_digests => return Said::no(403, UNSIGNED),
                    (None, true) => return Said::no(403, "SignatureDoesNotMatch"),
                    _ => {}
                }
                self.etags += 1;
                let etag = match self.digests {
                    true => format!("\"{}\"", digest(*start, *size)),
                    false => format!("\"{}-{number}\"", self.etags),
                };
                let session = self.session(session);
                if session.object.is_some() || session.gone {
                    return Said::no(404, "NoSuchUpload");
                }
                let stored = Stored {
                    etag: etag.clone(),
                    start: *start,
                    size: *size,
                    digest: promised.clone(),
                    is_misfit: false,
                };
                session.parts.insert(*number, stored);
                Said::Stored(etag)
            }
            Ask::List { session, from } => self.list(session, *from),
            Ask::Page { session, page } => self.list_page(session, *page),
            Ask::Report { session, parts } => self.report(session, parts),
            Ask::Status { session } => self.status(session),
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

    fn sign(&mut self, now: u64, session: &str, numbers: &[u32]) -> Urls {
        let signed_at = self.wall(now);
        let until = self.lifetime.map(|seconds| signed_at + seconds * 1000);
        let mut serials = Vec::new();
        for &number in numbers {
            serials.push((number, self.urls.len()));
            self.urls.push(Signed { session: session.to_owned(), number, until });
        }
        Urls { serials, signed_at, lifetime: self.says_lifetime.or(self.lifetime) }
    }

    fn report(&mut self, name: &str, parts: &[(u32, String)]) -> Said {
        let session = self.session(name);
        if session.gone {
            return Said::no(404, "NoSuchUpload");
        }
        for (number, etag) in parts {
            match session.parts.get(number) {
                Some(part) if part.etag == *etag => session.reported.insert(*number),
                _ => return Said::no(400, "InvalidProof"),
            };
        }
        let whole: u64 = session.reported.iter().map(|number| session.parts[number].size).sum();
        if whole == session.size {
            let pieces =
                session.reported.iter().map(|number| (session.parts[number].start, session.parts[number].size));
            session.object = Some(pieces.collect());
            return Said::Noted(Some(name.to_owned()));
        }
        Said::Noted(None)
    }

    fn status(&mut self, name: &str) -> Said {
        let (works, hides, reports) = (self.works, self.hides, self.reports);
        let session = self.session(name);
        if session.gone {
            return Said::no(404, "NoSuchUpload");
        }
        if session.object.is_none() {
            return if reports { Said::Working } else { Said::Absent };
        }
        session.asked += 1;
        if session.asked <= hides {
            return Said::Absent;
        }
        if session.asked > hides + works { Said::Completed(String::new()) } else { Said::Working }
    }

    fn complete(&mut self, name: &str, parts: &[(u32, Option<String>)]) -> Said {
        let idempotent = self.idempotent;
        let session = self.session(name);
        if session.gone || (session.object.is_some() && !idempotent) {
            return Said::no(404, "NoSuchUpload");
        }
        if session.object.is_some() {
            return Said::Completed(format!("https://store.example/{name}"));
        }
        // Where there are no receipts, or all parts were announced, what is not whole is refused.
        let all = session.count.map(|count| count as usize);
        let all = all.or(parts.iter().any(|(_, etag)| etag.is_none()).then_some(session.parts.len()));
        if all.is_some_and(|all| all != parts.len()) {
            return Said::no(400, "MissingParts");
        }
        let mut pieces = Vec::new();
        for (number, etag) in parts {
            match session.parts.get(number) {
                Some(part) if etag.as_ref().is_none_or(|etag| part.etag == *etag) => {
                    pieces.push((part.start, part.size))
                }
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

    /// The last part of an open session becomes another one, which does not fit.
    pub(crate) fn misfit(&mut self, name: &str) {
        if let Some(mut last) = self.session(name).parts.last_entry() {
            let last = last.get_mut();
            (last.etag, last.size, last.is_misfit) = (format!("{} misfit", last.etag), last.size + 1, true);
        }
    }

    /// A part that was on its way when its session was removed arrives after all, as S3 warns of.
    pub(crate) fn haunt(&mut self, name: &str, number: u32, start: u64, size: u64) {
        let session = self.session(name);
        if session.object.is_none() {
            session.gone = false;
            let ghost = Stored { etag: "ghost".into(), start, size, digest: None, is_misfit: false };
            session.parts.insert(number, ghost);
        }
    }
}

/// What a store says to a header that a URL was not signed with.
pub(crate) const UNSIGNED: &str = "There were headers present in the request which were not signed";

/// What stands for a digest of some bytes of a file.
pub(crate) fn digest(start: u64, size: u64) -> String {
    format!("{start:016x}{size:016x}")
}
