//! A service without a language: asks and answers are handed over as they are. Its rules can be anything.

use super::Service;
use super::store::{Ask, Said};
use std::time::Duration;
use upslice::core::{
    Expiry, Failed, Failure, Limits, OnPause, Origin, PartRange, Preparing, Reply, Rules, Step, StoredPart, Ticket,
    Wall,
};

/// What the service gives, by what it is: the core must never mix them up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Gift {
    Session(String),
    Url(usize),
    Receipt(String),
    Closing(String),
}

#[derive(Clone, Debug)]
pub(crate) struct Plain {
    pub(crate) rules: Rules,
    pub(crate) store: Origin,
}

impl Plain {
    pub(crate) fn new() -> Self {
        Self {
            rules: Rules {
                limits: Limits {
                    min_part_size: 1,
                    max_part_size: 5 << 30,
                    max_parts: 10_000,
                    max_size: 5 << 40,
                    empty_parts: 1,
                },
                preparing: Preparing::Tickets { batch: 50 },
                on_pause: OnPause::Cut,
                inspects: true,
                verifies: false,
                discards: true,
                api: Some(Origin::new("https://api.example")),
            },
            store: Origin::new("https://store.example"),
        }
    }
}

fn name(session: &Gift) -> String {
    match session {
        Gift::Session(name) => name.clone(),
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

    fn ask(&self, step: &Step<Gift>) -> (Option<Origin>, Ask) {
        let ask = match step {
            Step::Open { .. } => Ask::Open,
            Step::Prepare { session, parts } => {
                Ask::Sign { session: name(session), numbers: parts.iter().map(number).collect() }
            }
            Step::Send { session, part, ticket, .. } => {
                let serial = ticket.as_ref().map(|ticket| match ticket {
                    Gift::Url(serial) => *serial,
                    other => panic!("{other:?} was taken for a URL"),
                });
                let origin = if serial.is_some() { Some(self.store.clone()) } else { self.rules.api.clone() };
                let (session, number) = (name(session), number(part));
                return (origin, Ask::Put { serial, session, number, start: part.start, size: part.size() });
            }
            Step::Inspect { session } => Ask::List { session: name(session) },
            Step::Verify { session } => Ask::Verify { session: name(session) },
            Step::Discard { session } => Ask::Discard { session: name(session) },
            Step::Close { session, receipts } => {
                let parts = receipts.iter().map(|(part, etag)| (number(part), receipt(etag)));
                Ask::Complete { session: name(session), parts: parts.collect() }
            }
        };
        (self.rules.api.clone(), ask)
    }

    fn read(&self, step: &Step<Gift>, said: Said, _at: Wall) -> Result<Reply<Gift>, Failed> {
        Ok(match said {
            Said::Opened(name) => Reply::Opened { session: Gift::Session(name), tickets: Vec::new() },
            Said::Signed { urls, signed_at, lifetime } => {
                let expiry = lifetime.map(|seconds| Expiry {
                    signed_at: Some(Wall::from_millis(signed_at)),
                    lifetime: Duration::from_secs(seconds),
                });
                let ticket = |serial| Ticket { keep: Gift::Url(serial), origin: self.store.clone(), expiry };
                Reply::Prepared(urls.into_iter().map(|(number, serial)| (number - 1, ticket(serial))).collect())
            }
            Said::Stored(etag) => Reply::Sent(Gift::Receipt(etag)),
            Said::Listed(parts) => {
                let part = |(number, etag, size)| StoredPart { index: number - 1, size, receipt: Gift::Receipt(etag) };
                Reply::Listed(parts.into_iter().map(part).collect())
            }
            Said::Completed(location) => Reply::Closed(Gift::Closing(location)),
            Said::Whole(size) => Reply::Whole { size, closing: Gift::Closing(String::new()) },
            Said::Absent => Reply::Absent,
            Said::Discarded => Reply::Discarded,
            Said::No { status: 404, .. } if matches!(step, Step::Inspect { .. }) => Reply::Unknown,
            Said::No { status, code, after } => {
                let is_function = self.rules.api.is_none() && !matches!(step, Step::Send { .. });
                let failure = match (status, step) {
                    (404, Step::Prepare { parts, .. }) if parts.len() > 1 => Failure::OneByOne,
                    _ if is_function => Failure::Callback,
                    (401 | 403, _) => Failure::Refused,
                    (404, _) => Failure::Gone,
                    (429 | 503, _) => Failure::Busy { after: after.map(Duration::from_secs) },
                    (408 | 500.., _) => Failure::Server,
                    _ => Failure::Rejected,
                };
                let status = Some(status).filter(|_| !is_function);
                return Err(Failed { failure, status, words: format!("the service said {code}") });
            }
        })
    }
}
