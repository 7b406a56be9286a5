//! Functions of the app that stand for a backend.

use super::super::checksum::Checksums;
use super::super::{Adapter, Answer, Argument, Call, File, Function, Json, Outcome, lacks, number, presigned};
use super::checksum;
use crate::core::{Failed, Failure, Reply, Rules, Step};

/// A signing backend made of the app's own functions. Those that may be left out say what is possible.
#[derive(Clone, Debug, Default)]
pub struct S3Functions {
    /// What tells this backend from others.
    pub id: String,
    /// Whether there is `list`.
    pub list: bool,
    /// Whether there is `verify`.
    pub verify: bool,
    /// Whether there is `abort`.
    pub abort: bool,
    /// Which checksums go with parts.
    pub checksums: Checksums,
}

/// What a function is told of the session, and more.
fn argument(session: &Json, more: Option<(&str, Json)>) -> Json {
    let named = |name| (name, session.text(name).unwrap_or_default().into());
    Json::object([named("uploadId"), named("key")]).and(more)
}

impl Adapter for S3Functions {
    fn kind(&self) -> &'static str {
        "s3"
    }

    fn rules(&self) -> Rules {
        let digests = checksum::digests(self.checksums, true);
        Rules { digests, inspects: self.list, verifies: self.verify, discards: self.abort, ..super::rules(None) }
    }

    fn names(&self) -> &'static [&'static str] {
        &["uploadId", "key"]
    }

    fn place(&self) -> Option<String> {
        Some(format!("s3 {}", self.id))
    }

    fn call(&self, step: &Step<Json>, file: &File) -> Result<Call, Failed> {
        let argument = match step {
            Step::Digest { .. } => return checksum::digest(step, self.checksums),
            Step::Send { ticket, digest, .. } => {
                return Ok(Call::Http(checksum::put(ticket.as_ref(), digest.as_ref())));
            }
            Step::Open { .. } => {
                let told = [
                    ("name", file.name.as_str().into()),
                    ("type", file.kind.as_str().into()),
                    ("size", file.size.into()),
                ];
                let checksum = self.checksums.asked().map(|algorithm| ("checksum", algorithm.word().into()));
                Json::object(told).and(checksum)
            }
            Step::Prepare { session, parts, digests, .. } => {
                let (mut digests, mut list) = (digests.iter(), Vec::new());
                for part in parts {
                    let told = [("partNumber", number(part).into()), ("size", part.size().into())];
                    list.push(Json::object(told).and(digests.next().map(|checksum| ("checksum", checksum.clone()))));
                }
                argument(session, Some(("parts", Json::List(list))))
            }
            Step::Close { session, receipts } => argument(session, Some(("parts", super::parts(receipts)))),
            Step::Inspect { session, .. } | Step::Verify { session } | Step::Discard { session } => {
                argument(session, None)
            }
            _ => return Err(lacks("s3", step)),
        };
        Ok(Call::Function(Function::new(step.role(), [Argument::Signalled(argument)])))
    }

    fn follow(&self, step: &Step<Json>, answer: &Answer) -> Option<Call> {
        checksum::combined(step, answer)
    }

    fn reply(&self, step: &Step<Json>, answer: &Answer) -> Result<Reply<Json>, Failed> {
        let (answer, whole) = checksum::apart(answer);
        let value = match answer {
            Answer::Http { request, response } => {
                let digest = match step {
                    Step::Send { digest, .. } => digest.as_ref(),
                    _ => None,
                };
                return checksum::stored(request, response, digest);
            }
            Answer::Value { value, .. } => value,
            Answer::Digest(_) | Answer::Combined { .. } => return checksum::digested(step, self.checksums, answer),
        };
        match step {
            Step::Open { .. } => match (value.text("uploadId"), value.text("key")) {
                (Some(upload_id), Some(key)) => Ok(super::opened(upload_id, key)),
                _ => Err(wrong(step, "{ uploadId, key }")),
            },
            Step::Prepare { .. } => {
                let parts = value.items().ok_or_else(|| wrong(step, "[{ partNumber, url }, …]"))?;
                let mut tickets = Vec::new();
                for part in parts {
                    let (index, ticket) = signed(part)?;
                    tickets.push((index, checksum::named(ticket, self.checksums)));
                }
                Ok(Reply::Prepared(tickets))
            }
            Step::Inspect { .. } => match (value, value.items()) {
                (Json::Null, _) => Ok(Reply::Unknown),
                (_, Some(items)) => Ok(super::listed(step, items, self.checksums.asked())),
                _ => Err(wrong(step, "[{ PartNumber, ETag, Size }, …], or null")),
            },
            Step::Close { receipts, .. } => {
                super::counted(value, receipts, whole).map(|()| Reply::Closed(value.clone()))
            }
            Step::Verify { .. } => match (value, value.whole("size")) {
                (Json::Null, _) => Ok(Reply::Absent),
                (_, Some(size)) => Ok(Reply::Whole { size, closing: value.clone() }),
                _ => Err(wrong(step, "{ size, etag } or null")),
            },
            Step::Discard { .. } => Ok(Reply::Discarded),
            _ => Err(lacks("s3", step)),
        }
    }

    fn outcome(&self, session: &Json, closing: &Json) -> Outcome {
        outcome(session, closing)
    }

    fn etag<'a>(&self, receipt: &'a Json) -> Option<&'a str> {
        super::etag(receipt)
    }
}

pub(super) fn outcome(session: &Json, closing: &Json) -> Outcome {
    Outcome {
        upload_id: session.text("uploadId").unwrap_or_default().to_owned(),
        object_id: session.text("key").map(ToOwned::to_owned),
        location: closing.text("location").map(ToOwned::to_owned),
        response: None,
    }
}

fn signed(part: &Json) -> Result<(u32, crate::core::Ticket<Json>), Failed> {
    let number = part.whole("partNumber").and_then(|number| u32::try_from(number.checked_sub(1)?).ok());
    match (number, part.text("url")) {
        (Some(index), Some(url)) => {
            Ok((index, presigned::ticket(url, part.get("headers"), presigned::seconds(part, "expiresIn"))?))
        }
        _ => Err(Failed::new(
            Failure::Nonsense,
            "your function `sign` gave a part without `partNumber` or `url`: each needs both".into(),
        )),
    }
}

fn wrong(step: &Step<Json>, expected: &str) -> Failed {
    let words = format!("your function `{}` gave something else than {expected}", step.role());
    Failed::new(Failure::Nonsense, words)
}
