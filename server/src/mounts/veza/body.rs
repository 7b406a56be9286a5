//! What a request to `:parts` says: parsed whole by the service, and glanced at before by whoever must know which it is.

use std::borrow::Cow;

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::refusal::Refusal;

/// The most parts of an upload.
const MOST_PARTS: u16 = 99;

/// A request that makes sense.
pub(crate) enum Operation {
    /// Begins an upload.
    Start,
    /// Brings a part.
    Upload {
        /// The upload.
        upload_id: String,
        /// From 1.
        number: u16,
        /// The part's bytes.
        data: Vec<u8>,
    },
    /// Ends an upload.
    Complete {
        /// The upload.
        upload_id: String,
        /// How many parts there must be.
        count: u16,
    },
}

#[derive(Deserialize)]
struct Said<'a> {
    operation: Option<String>,
    upload_id: Option<String>,
    sequence_number: Option<i64>,
    sequence_count: Option<i64>,
    #[serde(borrow)]
    data: Option<Text<'a>>,
}

/// Borrowed from the body unless it holds escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Operation {
    /// Reads a body; the error names the field.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let mut json = serde_json::Deserializer::from_slice(body);
        let said: Said<'_> =
            serde_path_to_error::deserialize(&mut json).map_err(|error| match error.inner().classify() {
                serde_json::error::Category::Data if error.path().iter().next().is_some() => {
                    Refusal::field(&error.path().to_string(), &error.inner().to_string())
                }
                _ => not_json(error.inner()),
            })?;
        json.end().map_err(|error| not_json(&error))?;
        let upload_id = || given("upload_id", said.upload_id.clone());
        match &*given("operation", said.operation.clone())? {
            "start" => Ok(Self::Start),
            "upload" => Ok(Self::Upload {
                upload_id: upload_id()?,
                number: within("sequence_number", said.sequence_number, 1)?,
                data: decode(&given("data", said.data)?.0)?,
            }),
            "complete" => {
                Ok(Self::Complete { upload_id: upload_id()?, count: within("sequence_count", said.sequence_count, 0)? })
            }
            _ => Err(Refusal::field("operation", "must be start, upload or complete")),
        }
    }
}

fn not_json(error: &serde_json::Error) -> Refusal {
    Refusal::body(StatusCode::BAD_REQUEST, &format!("the body is not a JSON object: {error}"))
}

fn given<T>(field: &str, value: Option<T>) -> Result<T, Refusal> {
    value.ok_or_else(|| Refusal::field(field, "is required"))
}

fn within(field: &str, value: Option<i64>, least: u16) -> Result<u16, Refusal> {
    let number = u16::try_from(given(field, value)?).ok().filter(|number| (least..=MOST_PARTS).contains(number));
    number.ok_or_else(|| Refusal::field(field, &format!("must be a number between {least} and {MOST_PARTS}")))
}

fn decode(text: &str) -> Result<Vec<u8>, Refusal> {
    let decoded = STANDARD.decode(text);
    decoded.map_err(|error| Refusal::field("data", &format!("must be base64, standard alphabet, padded: {error}")))
}

/// What the beginning of a body tells.
#[derive(Default)]
pub(crate) struct Glance {
    /// The field `operation`.
    pub operation: String,
    /// The field `sequence_number`, as far as was seen.
    pub sequence_number: Option<i64>,
}

/// Reads what comes before the bytes; none before the operation was seen. Clients name both fields before `data`, which
/// is longer than any glance.
pub(crate) fn glance(head: &[u8]) -> Option<Glance> {
    let mut seen = Seen::default();
    // A beginning is never whole JSON; what was seen before its end is what is wanted.
    let _ = serde_json::Deserializer::from_slice(head).deserialize_map(&mut seen);
    Some(Glance { operation: seen.operation?, sequence_number: seen.sequence_number })
}

#[derive(Default)]
struct Seen {
    operation: Option<String>,
    sequence_number: Option<i64>,
}

impl<'de> Visitor<'de> for &mut Seen {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut number = None;
        loop {
            // A number counts once something follows it: the beginning may end between two of its digits.
            let key = map.next_key::<Cow<'de, str>>();
            self.sequence_number = match &key {
                Ok(_) => number.or(self.sequence_number),
                Err(_) => self.sequence_number,
            };
            match key?.as_deref() {
                Some("operation") => self.operation = Some(map.next_value()?),
                Some("sequence_number") => number = Some(map.next_value()?),
                Some(_) => {
                    map.next_value::<IgnoredAny>()?;
                }
                None => return Ok(()),
            }
        }
    }
}
