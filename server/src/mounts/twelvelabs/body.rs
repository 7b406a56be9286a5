//! What the requests say, checked field by field.

use axum::http::StatusCode;
use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::edge::call::Step;
use crate::edge::call::parameter;
use crate::mounts::json::Sent;

/// The most bytes of a video or a sound, and of an image. The vendor counts in powers of two: its 4 GB are
/// 4,294,967,296 bytes.
const LARGEST: u64 = 10 << 30;
const LARGEST_IMAGE: u64 = 32 << 20;

/// The most addresses that one request signs.
const MOST_URLS: u16 = 50;
/// The most rows of one page.
const MOST_ROWS: usize = 50;

/// Begins a session.
pub(crate) struct Create {
    /// The file's name.
    pub filename: String,
    /// `video`, `audio` or `image`.
    pub kind: String,
    /// Bytes.
    pub total_size: u64,
    /// What the client wants to read again at the asset, without what is empty.
    pub user_metadata: Option<Map<String, Value>>,
}

/// A chunk that is said to be stored.
pub(crate) struct Chunk {
    /// From 1.
    pub index: u64,
    /// The ETag without its quotes.
    pub proof: String,
    /// Bytes.
    pub size: u64,
}

/// Asks for addresses.
pub(crate) struct More {
    /// The first chunk.
    pub start: u64,
    /// How many.
    pub count: u16,
}

/// Which rows of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    /// From 1.
    pub number: usize,
    /// Rows on each.
    pub limit: usize,
}

impl Create {
    /// Reads the body.
    pub(crate) fn read(sent: Sent) -> Result<Self, Refusal> {
        let mut fields = Fields::read(sent)?;
        let named = |name: &str| (1..=255).contains(&name.chars().count());
        let filename = fields.required("filename", "must be a text of 1 to 255 characters", |value| {
            value.as_str().filter(|name| named(name)).map(str::to_owned)
        })?;
        let kind = fields.required("type", "must be video, audio or image", |value| {
            value.as_str().filter(|kind| matches!(*kind, "video" | "audio" | "image")).map(str::to_owned)
        })?;
        let most = if kind == "image" { LARGEST_IMAGE } else { LARGEST };
        let rule = format!("must be a number of bytes from 1 to {most}");
        let total_size = fields.required("total_size", &rule, |value| within(value, 1, most))?;
        for flag in ["enable_hls", "enable_thumbnail"] {
            fields.optional(flag, "must be a boolean", Value::as_bool)?;
        }
        let rule = "must be an object of texts, numbers, booleans and arrays of texts";
        let user_metadata = fields.optional("user_metadata", rule, |value| {
            let mut said = value.as_object()?.clone();
            let texts = |list: &Vec<Value>| list.iter().all(Value::is_string);
            let allowed = |value: &Value| !value.is_object() && value.as_array().is_none_or(texts);
            let empty = |value: &Value| {
                value.is_null() || value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty)
            };
            let fine = said.values().all(allowed);
            said.retain(|_, value| !empty(value));
            fine.then_some(said)
        })?;
        fields.end()?;
        Ok(Self { filename, kind, total_size, user_metadata: user_metadata.filter(|said| !said.is_empty()) })
    }
}

impl Chunk {
    /// Reads the body of a report, of at least one chunk.
    pub(crate) fn read(sent: Sent) -> Result<Vec<Self>, Refusal> {
        let mut fields = Fields::read(sent)?;
        let rule = "must be an array of at least one chunk";
        let rows = fields
            .required("completed_chunks", rule, |value| value.as_array().filter(|rows| !rows.is_empty()).cloned())?;
        fields.end()?;
        let read = |(at, row): (usize, Value)| Self::read_row(format!("completed_chunks[{at}]"), row);
        rows.into_iter().enumerate().map(read).collect()
    }

    fn read_row(at: String, row: Value) -> Result<Self, Refusal> {
        let Value::Object(left) = row else { return Err(Refusal::invalid(&at, "must be an object")) };
        let mut fields = Fields { within: format!("{at}."), left };
        let index = fields.required("chunk_index", "must be a number from 1", |value| within(value, 1, u64::MAX))?;
        let proof = fields.required("proof", "must be the chunk's ETag without its quotes", |value| {
            value.as_str().filter(|proof| !proof.is_empty()).map(str::to_owned)
        })?;
        fields
            .required("proof_type", "must be etag", |value| value.as_str().filter(|kind| *kind == "etag").map(drop))?;
        let size = fields.required("chunk_size", "must be a number of bytes", |value| within(value, 1, u64::MAX))?;
        fields.end()?;
        Ok(Self { index, proof, size })
    }
}

impl More {
    /// Reads the body.
    pub(crate) fn read(sent: Sent) -> Result<Self, Refusal> {
        let mut fields = Fields::read(sent)?;
        let start = fields.required("start", "must be a number from 1", |value| within(value, 1, u64::MAX))?;
        let rule = format!("must be a number from 1 to {MOST_URLS}");
        let count = fields.required("count", &rule, |value| {
            within(value, 1, MOST_URLS.into()).and_then(|count| u16::try_from(count).ok())
        })?;
        fields.end()?;
        Ok(Self { start, count })
    }
}

impl Page {
    /// Reads the query. What else it says is nobody's business.
    pub(crate) fn read(query: &str) -> Result<Self, Refusal> {
        let read = |name: &str, usual: usize, most: usize| {
            let Some(said) = parameter(query, name) else { return Ok(usual) };
            let number = said.parse().ok().filter(|number| (1..=most).contains(number));
            number.ok_or_else(|| Refusal::invalid(name, &format!("must be a number from 1 to {most}")))
        };
        Ok(Self { number: read("page", 1, 1_000_000)?, limit: read("page_limit", 10, MOST_ROWS)? })
    }
}

/// The chunks that a body is about, once all of it was seen.
pub(crate) fn glance(step: Step, head: &[u8]) -> Option<Vec<u16>> {
    let body: Value = serde_json::from_slice(head).ok()?;
    let number = |value: &Value| value.as_u64().and_then(|number| u16::try_from(number).ok());
    match step {
        Step::Sign => {
            let start = number(&body["start"])?;
            Some((start..).take(number(&body["count"])?.min(MOST_URLS).into()).collect())
        }
        _ => Some(body["completed_chunks"].as_array()?.iter().filter_map(|row| number(&row["chunk_index"])).collect()),
    }
}

fn within(value: &Value, least: u64, most: u64) -> Option<u64> {
    value.as_u64().filter(|number| (least..=most).contains(number))
}

/// The fields of an object, taken one by one: what is left at the end is unknown.
struct Fields {
    within: String,
    left: Map<String, Value>,
}

impl Fields {
    fn read(sent: Sent) -> Result<Self, Refusal> {
        let body = sent.bytes().map_err(|(status, message)| Refusal::body(status, &message))?;
        let left = serde_json::from_slice(&body)
            .map_err(|error| Refusal::body(StatusCode::BAD_REQUEST, &format!("the body is no JSON object: {error}")))?;
        Ok(Self { within: String::new(), left })
    }

    fn optional<T>(
        &mut self,
        name: &str,
        rule: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        let Some(value) = self.left.remove(name) else { return Ok(None) };
        let read = read(&value).ok_or_else(|| Refusal::invalid(&format!("{}{name}", self.within), rule));
        read.map(Some)
    }

    fn required<T>(&mut self, name: &str, rule: &str, read: impl Fn(&Value) -> Option<T>) -> Result<T, Refusal> {
        let read = self.optional(name, rule, read)?;
        read.ok_or_else(|| Refusal::not_provided(&format!("{}{name}", self.within)))
    }

    fn end(self) -> Result<(), Refusal> {
        let unknown = self.left.keys().next();
        unknown.map_or(Ok(()), |name| Err(Refusal::unknown(&format!("{}{name}", self.within))))
    }
}
