//! A service without a language: asks and answers are handed over as they are. Its rules can be anything.

use super::store::UNSIGNED;
use super::words::{Ask, Said, Urls};
use super::{Asked, Service};
use std::collections::BTreeSet;
use std::time::Duration;
use upslice::core::{
    Expiry, Failed, Failure, Limits, Origin, PartRange, Preparing, Reply, Rules, Step, StoredPart, Ticket, Wall,
};

/// What the service gives, by what it is: the core must never mix them up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Gift {
    Session(String),
    /// A session of which more is known.
    Known(String),
    Url(usize),
    Receipt(String),
    Digest(String),
    Closing(String),
    Page(u32),
}

#[derive(Clone, Debug)]
pub(crate) struct Plain {
    pub(crate) rules: Rules,
    pub(crate) store: Origin,
    /// Parts, counted from one, that are listed although they failed there: nothing of them is stored.
    pub(crate) failed: BTreeSet<u32>,
    /// Whether its URLs are signed for a digest.
    pub(crate) wants_digest: bool,
}

const LIMITS: Limits =
    Limits { min_part_size: 1, max_part_size: 5 << 30, max_parts: 10_000, max_size: 5 << 40, empty_parts: Some(1) };

impl Plain {
    pub(crate) fn new() -> Self {
        Self {
            rules: Rules {
                preparing: Preparing::Tickets { batch: 50 },
                inspects: true,
                discards: true,
                ..Rules::plain(LIMITS, Some(Origin::new("https://api.example")))
            },
            store: Origin::new("https://store.example"),
            failed: BTreeSet::new(),
            wants_digest: false,
        }
    }
}

fn name(session: &Gift) -> String {
    match session {
        Gift::Session(name) | Gift::Known(name) => name.clone(),
        other => panic!("{other:?} was taken for a session"),
    }
}

fn receipt(receipt: &Gift) -> String {
    match receipt {
        Gift::Receipt(etag) => etag.clone(),
        other => panic!("{other:?} was taken for a receipt"),
    }
}

const fn number(part: &PartRange) -> u32 {
    part.index + 1
}

impl Service for Plain {
    type Gift = Gift;

    fn rules(&self) -> Rules {
        self.rules.clone()
    }

    fn name(&self, session: &Gift) -> String {
        name(session)
    }

    fn ask(&self, step: &Step<Gift>, size: u64) -> Asked {
        let ask = match step {
            Step::Open { .. } => Ask::Open { size, parts: None },
            Step::Prepare { session, parts, .. } => {
                Ask::Sign { session: name(session), numbers: parts.iter().map(number).collect() }
            }
            Step::Digest { part, .. } => {
                let ask = Ask::Digest { start: part.start, size: part.size() };
                return Asked { to: None, ask, is_api: false };
            }
            Step::Send { session, part, ticket, digest, .. } => {
                let serial = ticket.as_ref().map(|ticket| match ticket {
                    Gift::Url(serial) => *serial,
                    other => panic!("{other:?} was taken for a URL"),
                });
                let to = if serial.is_some() { Some(self.store.clone()) } else { self.rules.api.clone() };
                let (session, number) = (name(session), number(part));
                let digest = digest.as_ref().map(|digest| match digest {
                    Gift::Digest(digest) => digest.clone(),
                    other => panic!("{other:?} was taken for a digest"),
                });
                let signed = digest.is_some();
                let (start, size) = (part.start, part.size());
                let ask = Ask::Put { serial, session, number, start, size, digest, signed };
                return Asked { to, ask, is_api: serial.is_none() };
            }
            Step::Reckon { session, part } => {
                let ask = Ask::Reckon { session: name(session), number: number(part) };
                return Asked { to: None, ask, is_api: false };
            }
            Step::Inspect { session, page, .. } => {
                let from = page.as_ref().map_or(1, |page| match page {
                    Gift::Page(from) => *from,
                    other => panic!("{other:?} was taken for a page"),
                });
                Ask::List { session: name(session), from }
            }
            Step::Settle { session, receipts } => {
                let parts = receipts.iter().map(|(part, etag)| (number(part), receipt(etag)));
                Ask::Report { session: name(session), parts: parts.collect() }
            }
            Step::Watch { session } => Ask::Status { session: name(session) },
            Step::Verify { session } => Ask::Verify { session: name(session) },
            Step::Discard { session } => Ask::Discard { session: name(session) },
            Step::Close { session, receipts } => {
                let parts = receipts.iter().map(|(part, etag)| (number(part), Some(receipt(etag))));
                Ask::Complete { session: name(session), parts: parts.collect() }
            }
        };
        Asked { to: self.rules.api.clone(), ask, is_api: self.rules.api.is_some() }
    }

    fn read(&self, step: &Step<Gift>, _: u64, said: Said, _: Wall) -> Result<Reply<Gift>, Failed> {
        Ok(match said {
            Said::Opened(name, part_size, _) => {
                Reply::Opened { session: Gift::Session(name), tickets: Vec::new(), part_size, seat: None }
            }
            Said::Signed(Urls { serials: urls, signed_at, lifetime }) => {
                let expiry = lifetime.map(|seconds| Expiry {
                    signed_at: Some(Wall::from_millis(signed_at)),
                    lifetime: Duration::from_secs(seconds),
                });
                let ticket = |serial| Ticket {
                    keep: Gift::Url(serial),
                    origin: self.store.clone(),
                    expiry,
                    wants_digest: self.wants_digest,
                };
                Reply::Prepared(urls.into_iter().map(|(number, serial)| (number - 1, ticket(serial))).collect())
            }
            Said::Digested(digest) => Reply::Digested(Gift::Digest(digest)),
            Said::Stored(etag) => Reply::Sent(Gift::Receipt(etag)),
            Said::Listed(parts, next) => {
                let part = |(number, etag, size, _)| {
                    // Some services do not say how large a part is.
                    let says = self.rules.settling.is_none();
                    let size = if self.failed.contains(&number) { Some(0) } else { Some(size).filter(|_| says) };
                    StoredPart { index: number - 1, size, receipt: Gift::Receipt(etag) }
                };
                Reply::Listed { parts: parts.into_iter().map(part).collect(), next: next.map(Gift::Page) }
            }
            Said::Noted(whole) => Reply::Settled(whole.map(Gift::Known)),
            Said::Working => Reply::Working,
            Said::Completed(location) => Reply::Closed(Gift::Closing(location)),
            Said::Whole(size) => Reply::Whole { size, closing: Gift::Closing(String::new()) },
            Said::Absent => Reply::Absent,
            Said::Discarded => Reply::Discarded,
            Said::Garbage => return Err(Failed::new(Failure::Nonsense, "what came back makes no sense".into())),
            Said::No { status: 404, .. } if matches!(step, Step::Inspect { .. }) => Reply::Unknown,
            Said::No { status, code, after } => {
                let is_function = self.rules.api.is_none() && !matches!(step, Step::Send { .. });
                let failure = match (status, step) {
                    (404, Step::Prepare { parts, .. }) if parts.len() > 1 => Failure::OneByOne,
                    _ if is_function => Failure::Callback,
                    _ if code == UNSIGNED => Failure::DigestRefused,
                    (401 | 403, _) => Failure::Refused,
                    (404, _) => Failure::Gone,
                    (429 | 503, _) => Failure::Busy { after: after.map(Duration::from_secs) },
                    (500, Step::Inspect { .. } | Step::Close { .. }) => Failure::Vague,
                    (408 | 500.., _) => Failure::Server,
                    // The second is that of an object which is there, and not what was sent.
                    (422, _) | (222, Step::Close { .. }) => Failure::Corrupt,
                    // A good answer, and not what one hopes for.
                    (200, Step::Watch { .. }) => Failure::Failed,
                    _ => Failure::Rejected,
                };
                let words = format!("the service said {code}");
                return Err(if is_function {
                    Failed::new(failure, words)
                } else {
                    Failed::answered(failure, status, words)
                });
            }
        })
    }
}
