//! What the app's `part` gives for one attempt, and the request that it describes.

use super::super::presigned::expiry;
use super::super::url::resolved;
use super::super::{Body, Credentials, File, Json, Request, origin};
use super::{Custom, Shape, wrong};
use crate::core::{Failed, Ticket};
use std::borrow::Cow;

impl Custom {
    /// What `part` gave, as a ticket for one attempt.
    pub(super) fn ticket(&self, given: &Json) -> Result<Ticket<Json>, Failed> {
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
        let keep = given.clone().and(Some(("url", url.as_str().into())));
        // A store's own URL says how long it lives: one that waited in hand while the machine slept is asked for again.
        Ok(Ticket { keep, origin: to, expiry: expiry(url.as_str()), wants_digest: false })
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

    pub(super) fn request(&self, ticket: &Json, file: &File) -> Request {
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
pub(super) fn named<'a>(given: &'a Json, name: &str) -> Option<&'a Json> {
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
