//! What the forms say, checked field by field.

use std::collections::BTreeMap;

use axum::extract::Multipart;
use axum::extract::multipart::Field;
use serde::Deserialize;

use super::Received;
use super::refusal::Refusal;
use crate::services::JSON_LIMIT;
use crate::store::MOST_PARTS;
use crate::store::record::Claim;

/// A form of texts, read whole.
pub(crate) struct Form(BTreeMap<String, String>);

/// Begins a session.
pub(crate) struct Start {
    /// The file's name with its extension.
    pub name: String,
    /// The media type.
    pub media_type: String,
    /// `extract` or `vectorize`.
    pub job_type: String,
    /// After how many days the data set goes; -1 is never.
    pub expiry: Option<i64>,
}

/// What comes before a part's bytes.
pub(crate) struct Append {
    /// The session.
    pub key: String,
    /// From 1.
    pub number: u16,
}

/// Ends a session.
pub(crate) struct End {
    /// The session.
    pub key: String,
    /// All parts, in order.
    pub claims: Vec<Claim>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SaidPart {
    etag: String,
    part_number: u16,
}

impl Form {
    /// Reads all fields; the route limits how much that is.
    pub(crate) async fn read(body: Received) -> Result<Self, Refusal> {
        let mut form = body?;
        let mut fields = BTreeMap::new();
        while let Some(field) = form.next_field().await? {
            let name = field.name().unwrap_or_default().to_owned();
            fields.insert(name, text(field).await?);
        }
        Ok(Self(fields))
    }

    /// A field that must be there and say something.
    pub(crate) fn text(&self, name: &str) -> Result<&str, Refusal> {
        let value = self.0.get(name).filter(|value| !value.is_empty());
        value.map(String::as_str).ok_or_else(|| required(name))
    }
}

impl Start {
    /// Reads the form.
    pub(crate) fn read(form: &Form) -> Result<Self, Refusal> {
        let (name, extension) = (form.text("fileName")?, form.text("fileExt")?);
        if extension.contains('.') {
            return Err(Refusal::bad("fileExt must be the extension without a dot"));
        }
        let media_type = form.text("fileType")?;
        if !media_type.contains('/') {
            return Err(Refusal::bad("fileType must be a media type"));
        }
        let job_type = form.text("jobType")?;
        if !matches!(job_type, "extract" | "vectorize") {
            return Err(Refusal::bad("jobType must be extract or vectorize"));
        }
        // The SDK's spelling and the documentation's.
        let expiry = form.0.get("expiresInDays").or_else(|| form.0.get("expiryInDays"));
        let expiry = expiry.map(|days| days.parse().ok().filter(|days| *days == -1 || *days >= 1));
        let days = || Refusal::bad("expiresInDays must be a number of days, or -1 for never");
        Ok(Self {
            name: format!("{name}.{extension}"),
            media_type: media_type.to_owned(),
            job_type: job_type.to_owned(),
            expiry: expiry.map(|days_said| days_said.ok_or_else(days)).transpose()?,
        })
    }
}

impl Append {
    /// Reads the fields before the file, which are read first so that its bytes need not be kept anywhere.
    pub(crate) async fn read(form: &mut Multipart) -> Result<Self, Refusal> {
        let key = text(next(form, "key").await?).await?;
        let number = text(next(form, "partNumber").await?).await?;
        let number = number.parse().ok().filter(|number| (1..=MOST_PARTS).contains(number));
        let number =
            number.ok_or_else(|| Refusal::bad(&format!("partNumber must be a number between 1 and {MOST_PARTS}")))?;
        Ok(Self { key, number })
    }
}

impl End {
    /// Reads the form.
    pub(crate) fn read(form: &Form) -> Result<Self, Refusal> {
        let key = form.text("key")?.to_owned();
        let parts: Vec<SaidPart> = serde_json::from_str(form.text("parts")?).map_err(|error| {
            Refusal::bad(&format!("parts must be JSON text [{{\"etag\",\"partNumber\"}}]: {error}"))
        })?;
        if parts.is_empty() {
            return Err(Refusal::bad("parts must not be empty"));
        }
        if !parts.iter().map(|part| usize::from(part.part_number)).eq(1..=parts.len()) {
            return Err(Refusal::bad("parts must be all parts in order, numbered from 1"));
        }
        let claims = parts.into_iter().map(|part| Claim::bare(part.part_number, part.etag));
        Ok(Self { key, claims: claims.collect() })
    }
}

/// The next field, which must be this one.
pub(crate) async fn next<'a>(form: &'a mut Multipart, name: &str) -> Result<Field<'a>, Refusal> {
    match form.next_field().await? {
        Some(field) if field.name() == Some(name) => Ok(field),
        Some(_) => Err(Refusal::bad("the fields must be key, partNumber and file, in this order")),
        None => Err(required(name)),
    }
}

fn required(name: &str) -> Refusal {
    Refusal::bad(&format!("{name} is required"))
}

/// A field's text. A form that carries a part may be large; its texts may not.
async fn text(mut field: Field<'_>) -> Result<String, Refusal> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > JSON_LIMIT {
            return Err(Refusal::bad("a text is too long"));
        }
    }
    String::from_utf8(bytes).map_err(|_| Refusal::bad("texts must be UTF-8"))
}

/// The text of the field `partNumber` at the beginning of a form, once all of it was seen.
pub(crate) fn glance(head: &[u8]) -> Option<String> {
    let (_, field) = split(head, b"name=\"partNumber\"")?;
    let (_, text) = split(field, b"\r\n\r\n")?;
    let (text, _) = split(text, b"\r\n")?;
    Some(String::from_utf8_lossy(text).into_owned())
}

fn split<'a>(bytes: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let found = bytes.windows(at.len()).position(|window| window == at)?;
    Some((&bytes[..found], &bytes[found + at.len()..]))
}
