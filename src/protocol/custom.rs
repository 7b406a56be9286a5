//! Any other service, described by its rules and functions of the app. What they are given and must give is in the
//! package's types.

use super::answer::refusal;
use super::url::resolved;
use super::{Adapter, Answer, Argument, Body, Call, Credentials, File, Function, Json, Outcome, Request, Response};
use super::{lacks, number, origin};
use crate::core::{Failed, Failure, Limits, Numbers, PartRange, Preparing, Reply, Rules, Step, StoredPart, Ticket};
use std::borrow::Cow;

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
}

/// The session, as its functions know it.
fn kept(session: &Json) -> Argument {
    Argument::Kept(session.whole("session").unwrap_or(u64::MAX))
}

fn part(part: &PartRange, attempt: u32) -> Json {
    Json::object([
        ("number", number(part).into()),
        ("offset", part.start.into()),
        ("size", part.size().into()),
        ("attempt", attempt.into()),
    ])
}

fn stored(receipts: &[(PartRange, Json)]) -> Json {
    let part = |(part, receipt): &(PartRange, Json)| {
        let fields = [("number", number(part).into()), ("offset", part.start.into()), ("size", part.size().into())];
        let fields = fields.map(|(name, value): (&str, Json)| (name.to_owned(), value));
        let etag = receipt.text("etag").map(|etag| ("etag".to_owned(), etag.into()));
        Json::Map(fields.into_iter().chain(etag).collect())
    };
    Json::List(receipts.iter().map(part).collect())
}

fn wrong(name: &str, expected: &str) -> Failed {
    Failed::new(Failure::Nonsense, format!("your function `{name}` gave something else than {expected}"))
}

impl Custom {
    /// What `part` gave, as a ticket for one attempt.
    fn ticket(&self, given: &Json) -> Result<Ticket<Json>, Failed> {
        let url = given.text("url").and_then(|url| resolved(&self.here, url));
        let (url, to) = url.and_then(|url| Some((url.clone(), origin(&url)?))).ok_or_else(|| {
            wrong(
                "part",
                "{ url, method, headers, credentials, fields, dataField }, where the `url` is an http or https one",
            )
        })?;
        if let Some(expected) = self.flaw(given) {
            return Err(wrong("part", expected));
        }
        let known = given.fields().unwrap_or_default().iter().filter(|(name, _)| name != "url").cloned();
        let keep = Json::Map(known.chain([("url".to_owned(), url.as_str().into())]).collect());
        Ok(Ticket { keep, origin: to, expiry: None })
    }

    /// What was expected of what `part` gave, beside its `url`, and is not so. What is passed over in silence is only missed
    /// by the service, if by anybody.
    fn flaw(&self, given: &Json) -> Option<&'static str> {
        let all = |name, is_fine: fn(&Json) -> bool| {
            let fields =
                |known: &Json| known.fields().is_some_and(|fields| fields.iter().all(|(_, value)| is_fine(value)));
            named(given, name).is_none_or(fields)
        };
        let is_named = |field: &Json| field.as_text().is_some_and(|name| !name.is_empty());
        let expectations = [
            (method(given, self.shape).is_some(), "a `method` of POST, PUT or PATCH"),
            (all("headers", |value| matches!(value, Json::Text(_) | Json::Null)), "`headers` whose values are text"),
            (credentials(given).is_some(), "`credentials` of `omit`, `same-origin` or `include`"),
            (all("fields", |_| true), "`fields` that are an object"),
            (named(given, "dataField").is_none_or(is_named), "a `dataField` that is the name of one"),
        ];
        expectations.into_iter().find(|(is_met, _)| !is_met).map(|(_, expected)| expected)
    }

    fn request(&self, ticket: &Json, file: &File) -> Request {
        let pairs = |name| ticket.get(name).and_then(Json::fields).unwrap_or_default();
        let headers =
            pairs("headers").iter().filter_map(|(name, value)| Some((name.clone(), value.as_text()?.to_owned())));
        let fields = pairs("fields");
        let field =
            |default: &'static str| ticket.text("dataField").map_or(default.into(), |name| Cow::from(name.to_owned()));
        let body = match self.shape {
            Shape::Raw => Body::Slice,
            Shape::Base64Json => Body::Base64Json { fields: Json::Map(fields.to_vec()), field: field("data") },
            Shape::FormData => Body::Form {
                fields: fields.iter().map(|(name, value)| (name.clone().into(), value.clone())).collect(),
                file: Some((field("file"), file.name.clone())),
            },
        };
        let credentials = credentials(ticket).flatten();
        let method = method(ticket, self.shape).unwrap_or("POST");
        let url = ticket.text("url").unwrap_or_default().to_owned();
        Request { body, credentials, ..Request::with_slice(method, url, headers.collect()) }
    }
}

/// A field that was not left out.
fn named<'a>(given: &'a Json, name: &str) -> Option<&'a Json> {
    given.get(name).filter(|value| **value != Json::Null)
}

/// The method that was asked for; without one, the usual one for the shape.
fn method(ticket: &Json, shape: Shape) -> Option<&'static str> {
    match (named(ticket, "method").map(Json::as_text), shape) {
        (None, Shape::Raw) => Some("PUT"),
        (None, _) => Some("POST"),
        (Some(name), _) => {
            ["PUT", "POST", "PATCH"].into_iter().find(|known| name.is_some_and(|name| name.eq_ignore_ascii_case(known)))
        }
    }
}

/// Whose cookies were asked for, if somebody's were.
fn credentials(ticket: &Json) -> Option<Option<Credentials>> {
    match named(ticket, "credentials").map(Json::as_text) {
        None => Some(None),
        Some(Some("omit")) => Some(Some(Credentials::Omit)),
        Some(Some("same-origin")) => Some(Some(Credentials::SameOrigin)),
        Some(Some("include")) => Some(Some(Credentials::Include)),
        Some(_) => None,
    }
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

fn receipt(etag: Option<&str>) -> Json {
    Json::Map(etag.map(|etag| ("etag".to_owned(), etag.into())).into_iter().collect())
}

impl Adapter for Custom {
    fn kind(&self) -> &'static str {
        "custom"
    }

    fn rules(&self) -> Rules {
        Rules {
            preparing: Preparing::Each,
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
            Step::Prepare { session, parts, attempt } => {
                let range = parts.first().ok_or_else(|| lacks("custom", step))?;
                Function::new(name, [kept(session), Argument::Signalled(part(range, *attempt))])
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
        let value = match answer {
            Answer::Http { request, response } if !response.is_ok() => return Err(refusal(request, response)),
            Answer::Http { response, .. } => return Ok(Reply::Sent(receipt(response.header("etag")))),
            Answer::Value { value, .. } => value,
            Answer::Digest(_) => return Err(lacks("custom", step)),
        };
        match step {
            Step::Open { .. } => {
                let session =
                    value.whole("session").ok_or_else(|| wrong("create", "{ session, uploadId, partSize }"))?;
                let id = value.text("uploadId").unwrap_or_default();
                let part_size = match value.get("partSize") {
                    None | Some(Json::Null) => None,
                    Some(size) => Some(self.part_size(size)?),
                };
                let session = Json::object([("session", session.into()), ("uploadId", id.into())]);
                Ok(Reply::Opened { session, tickets: Vec::new(), part_size, seat: None })
            }
            Step::Prepare { parts, .. } => {
                let ticket = self.ticket(value)?;
                Ok(Reply::Prepared(parts.iter().take(1).map(|part| (part.index, ticket.clone())).collect()))
            }
            Step::Send { .. } => match (value, named(value, "etag")) {
                (Json::Null | Json::Map(_), None | Some(Json::Text(_))) => Ok(Reply::Sent(receipt(value.text("etag")))),
                _ => Err(wrong("receipt", "{ etag }, with text")),
            },
            Step::Close { .. } => Ok(Reply::Closed(value.clone())),
            Step::Inspect { .. } if *value == Json::Null => Ok(Reply::Unknown),
            Step::Inspect { .. } => {
                let items = value.items().ok_or_else(|| wrong("list", "[{ number, size, etag }, …], or null"))?;
                let part = |item: &Json| {
                    let index = u32::try_from(item.whole("number")?.checked_sub(1)?).ok()?;
                    Some(StoredPart { index, size: Some(item.whole("size")?), receipt: receipt(item.text("etag")) })
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

    fn part_size(&self, size: &Json) -> Result<u64, Failed> {
        let Limits { min_part_size: least, max_part_size: most, .. } = self.limits;
        size.as_whole()
            .filter(|size| (least..=most).contains(size))
            .ok_or_else(|| wrong("create", &format!("a `partSize` within your `limits`, {least} to {most} bytes")))
    }
}
