//! Any other service, described by its rules and functions of the app. What they are given and must give is in the
//! package's types.

mod attempt;

use super::answer::refusal;
use super::checksum::{self, receipt};
use super::{Adapter, Algorithm, Answer, Argument, Call, File, Form, Function, Json, Outcome, Response, lacks, number};
use crate::core::{Digests, Failed, Failure, Limits, Numbers, PartRange, Preparing, Reply, Rules, Step, StoredPart};
use attempt::named;

/// How a part's bytes travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// As they are.
    Raw,
    /// As base64 in a JSON object.
    Base64Json,
    /// As a file in form data.
    FormData,
}

/// A service that the app describes.
#[derive(Clone, Debug)]
pub struct Custom {
    /// How a part's bytes travel.
    pub shape: Shape,
    /// What the service allows.
    pub limits: Limits,
    /// Parts at once.
    pub most_at_once: Option<u32>,
    /// Whether a part's number may be used again.
    pub numbers: Numbers,
    /// Whether there is `receipt`.
    pub receipt: bool,
    /// Whether there is `abort`.
    pub abort: bool,
    /// Whether there is `list`.
    pub list: bool,
    /// What tells this service from others; `None`: it cannot be remembered.
    pub id: Option<String>,
    /// What relative URLs are relative to: the page.
    pub here: String,
    /// Which checksum `part` is told.
    pub checksum: Option<Algorithm>,
}

/// The session, as its functions know it.
fn kept(session: &Json) -> Argument {
    Argument::Kept(session.whole("session").unwrap_or(u64::MAX))
}

fn part(part: &PartRange, attempt: u32, digest: Option<&Json>) -> Json {
    let told = [
        ("number", number(part).into()),
        ("offset", part.start.into()),
        ("size", part.size().into()),
        ("attempt", attempt.into()),
    ];
    Json::object(told).and(digest.map(|checksum| ("checksum", checksum.clone())))
}

fn stored(receipts: &[(PartRange, Json)]) -> Json {
    let part = |(part, receipt): &(PartRange, Json)| {
        let fields = [("number", number(part).into()), ("offset", part.start.into()), ("size", part.size().into())];
        let etag = receipt.text("etag").map(|etag| ("etag", etag.into()));
        let checksum = checksum::value(receipt).map(|value| ("checksum", value.into()));
        Json::object(fields).and(etag).and(checksum)
    };
    Json::List(receipts.iter().map(part).collect())
}

fn wrong(name: &str, expected: &str) -> Failed {
    Failed::new(Failure::Nonsense, format!("your function `{name}` gave something else than {expected}"))
}

/// An answer, for the function that reads the receipt out of it.
fn shown(response: &Response) -> Json {
    let headers = response.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    Json::object([
        ("status", u32::from(response.status).into()),
        ("headers", Json::Map(headers)),
        ("body", response.text.as_str().into()),
    ])
}

/// The receipt of a part that was in hand before it was listed: a list says nothing of its checksum.
fn remembered(step: &Step<Json>, index: u32) -> Option<&Json> {
    match step {
        Step::Inspect { remembered, .. } => remembered.get(index as usize)?.as_ref(),
        _ => None,
    }
}

impl Adapter for Custom {
    fn kind(&self) -> &'static str {
        "custom"
    }

    fn rules(&self) -> Rules {
        Rules {
            preparing: Preparing::Each,
            digests: if self.checksum.is_some() { Digests::First } else { Digests::Never },
            numbers: self.numbers,
            most_at_once: self.most_at_once,
            inspects: self.list,
            discards: self.abort,
            ..Rules::plain(self.limits.clone(), None)
        }
    }

    fn place(&self) -> Option<String> {
        self.id.as_ref().map(|id| format!("custom {id}"))
    }

    fn call(&self, step: &Step<Json>, file: &File) -> Result<Call, Failed> {
        let name = self.name(step);
        Ok(Call::Function(match step {
            Step::Open { parts, part_size } => {
                let told = Json::object([
                    ("name", file.name.as_str().into()),
                    ("type", file.kind.as_str().into()),
                    ("size", file.size.into()),
                    ("parts", (*parts).into()),
                    ("partSize", (*part_size).into()),
                ]);
                Function { keeps: Some("session"), ..Function::new(name, [Argument::Signalled(told)]) }
            }
            Step::Prepare { session, parts, digests, attempt } => {
                let range = parts.first().ok_or_else(|| lacks("custom", step))?;
                Function::new(name, [kept(session), Argument::Signalled(part(range, *attempt, digests.first()))])
            }
            Step::Digest { .. } => {
                let digest = |algorithm| Call::Digest(algorithm, Form::Base64);
                return self.checksum.map(digest).ok_or_else(|| lacks("custom", step));
            }
            Step::Send { ticket, .. } => {
                return Ok(Call::Http(self.request(ticket.as_ref().unwrap_or(&Json::Null), file)));
            }
            Step::Close { session, receipts } => {
                Function::new(name, [kept(session), Argument::Data(stored(receipts)), Argument::Signal])
            }
            Step::Inspect { session, .. } | Step::Discard { session } => Function::new(name, [kept(session)]),
            _ => return Err(lacks("custom", step)),
        }))
    }

    fn follow(&self, step: &Step<Json>, answer: &Answer) -> Option<Call> {
        match (step, answer) {
            (Step::Send { .. }, Answer::Http { response, .. }) if self.receipt && response.is_ok() => {
                Some(Call::Function(Function::new("receipt", [Argument::Data(shown(response))])))
            }
            _ => None,
        }
    }

    fn reply(&self, step: &Step<Json>, answer: &Answer) -> Result<Reply<Json>, Failed> {
        let digest = match step {
            Step::Send { digest, .. } => digest.as_ref(),
            _ => None,
        };
        let value = match answer {
            Answer::Http { request, response } if !response.is_ok() => return Err(refusal(request, response)),
            Answer::Http { response, .. } => return Ok(Reply::Sent(receipt(response.header("etag"), digest))),
            Answer::Value { value, .. } => value,
            Answer::Digest(value) => {
                let algorithm = self.checksum.ok_or_else(|| lacks("custom", step))?;
                return Ok(Reply::Digested(checksum::made(algorithm, value)));
            }
            Answer::Combined { .. } => return Err(lacks("custom", step)),
        };
        match step {
            Step::Open { .. } => {
                let session =
                    value.whole("session").ok_or_else(|| wrong("create", "{ session, uploadId, partSize }"))?;
                let id = value.text("uploadId").unwrap_or_default();
                let part_size = match value.get("partSize") {
                    None | Some(Json::Null) => None,
                    // What is no size is one that nothing fits.
                    Some(size) => Some(size.as_whole().unwrap_or(0)),
                };
                let session = Json::object([("session", session.into()), ("uploadId", id.into())]);
                Ok(Reply::Opened { session, tickets: Vec::new(), part_size, seat: None })
            }
            Step::Prepare { parts, .. } => {
                let ticket = self.ticket(value)?;
                Ok(Reply::Prepared(parts.iter().take(1).map(|part| (part.index, ticket.clone())).collect()))
            }
            Step::Send { .. } => match (value, named(value, "etag")) {
                (Json::Null | Json::Map(_), None | Some(Json::Text(_))) => {
                    Ok(Reply::Sent(receipt(value.text("etag"), digest)))
                }
                _ => Err(wrong("receipt", "{ etag }, with text")),
            },
            Step::Close { .. } => Ok(Reply::Closed(value.clone())),
            Step::Inspect { .. } if *value == Json::Null => Ok(Reply::Unknown),
            Step::Inspect { .. } => {
                let items = value.items().ok_or_else(|| wrong("list", "[{ number, size, etag }, …], or null"))?;
                let part = |item: &Json| {
                    let index = u32::try_from(item.whole("number")?.checked_sub(1)?).ok()?;
                    let listed = receipt(item.text("etag"), None);
                    let known = remembered(step, index).filter(|known| known.text("etag") == listed.text("etag"));
                    let receipt = known.cloned().unwrap_or(listed);
                    Some(StoredPart { index, size: Some(item.whole("size")?), receipt })
                };
                Ok(Reply::Listed { parts: items.iter().filter_map(part).collect(), next: None })
            }
            Step::Discard { .. } => Ok(Reply::Discarded),
            _ => Err(lacks("custom", step)),
        }
    }

    fn outcome(&self, session: &Json, closing: &Json) -> Outcome {
        let text = |json: &Json, name| json.text(name).map(ToOwned::to_owned);
        Outcome {
            upload_id: text(session, "uploadId").unwrap_or_default(),
            object_id: text(closing, "objectId"),
            location: text(closing, "location"),
            response: Some(closing.get("response").cloned().unwrap_or_default()),
        }
    }

    fn etag<'a>(&self, receipt: &'a Json) -> Option<&'a str> {
        receipt.text("etag")
    }
}

impl Custom {
    /// The name of the function that stands for a step.
    fn name(&self, step: &Step<Json>) -> &'static str {
        if matches!(step, Step::Prepare { .. }) { "part" } else { step.role() }
    }
}
