//! What the requests say, checked field by field.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::envelope::Refusal;
use crate::mounts::json::Sent;
use crate::store::MOST_PARTS;
use crate::store::record::Claim;

/// Begins an upload.
pub(crate) struct Start {
    /// How many parts there will be.
    pub parts: u16,
    /// The file's name.
    pub name: String,
    /// The media type; empty where none was said.
    pub media_type: String,
    /// The file's size as text.
    pub content_length: Option<String>,
    /// What tells duplicates, where they are to be told.
    pub hash: Option<String>,
    /// How long addresses hold.
    pub expiry: Duration,
}

/// Asks for fresh addresses.
pub(crate) struct Resume {
    /// The session.
    pub key: String,
    /// How long addresses hold.
    pub expiry: Duration,
}

/// Completes an upload.
pub(crate) struct Complete {
    /// The session.
    pub key: String,
    /// Whatever is valid is enough.
    pub partial: bool,
    /// The parts in the order in which they were listed.
    pub claims: Vec<Claim>,
}

/// Gives an upload up.
pub(crate) struct Abort {
    /// The session.
    pub key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SaidStart {
    parts_number: Option<u64>,
    file_name: Option<String>,
    content_length: Option<String>,
    mime_type: Option<String>,
    #[serde(default)]
    enable_duplicate_check: Option<bool>,
    file_hash: Option<String>,
    presigned_url_expiry_time_hours: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SaidKey {
    request_key: Option<String>,
    presigned_url_expiry_time_hours: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SaidComplete {
    request_key: Option<String>,
    allow_partial_complete: Option<bool>,
    parts: Option<Vec<SaidPart>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SaidPart {
    part_number: u64,
    e_tag: String,
}

impl Start {
    /// Reads the body.
    pub(crate) fn read(sent: Sent) -> Result<Self, Refusal> {
        let said: SaidStart = read(sent)?;
        let length = said.content_length.filter(|length| !length.is_empty());
        if length.as_ref().is_some_and(|length| !length.bytes().all(|byte| byte.is_ascii_digit())) {
            return Err(Refusal::bad("contentLength must be the number of bytes as text"));
        }
        let hash = match (said.enable_duplicate_check, said.file_hash.filter(|hash| !hash.is_empty())) {
            (Some(true), None) => return Err(Refusal::bad("fileHash is required where enableDuplicateCheck is true")),
            (Some(true), hash) => hash,
            _ => None,
        };
        Ok(Self {
            parts: part_number("partsNumber", said.parts_number)?,
            name: text("fileName", said.file_name)?,
            media_type: said.mime_type.unwrap_or_default(),
            content_length: length,
            hash,
            expiry: hours(said.presigned_url_expiry_time_hours)?,
        })
    }
}

impl Resume {
    /// Reads the body.
    pub(crate) fn read(sent: Sent) -> Result<Self, Refusal> {
        let said: SaidKey = read(sent)?;
        let expiry = hours(said.presigned_url_expiry_time_hours)?;
        Ok(Self { key: text("requestKey", said.request_key)?, expiry })
    }
}

impl Complete {
    /// Reads the body.
    pub(crate) fn read(sent: Sent) -> Result<Self, Refusal> {
        let said: SaidComplete = read(sent)?;
        let parts = said.parts.ok_or_else(|| Refusal::bad("parts is required"))?;
        let claim = |part: SaidPart| {
            let number = part_number("parts.partNumber", Some(part.part_number))?;
            Ok(Claim::bare(number, part.e_tag))
        };
        Ok(Self {
            key: text("requestKey", said.request_key)?,
            partial: said.allow_partial_complete.unwrap_or(true),
            claims: parts.into_iter().map(claim).collect::<Result<_, Refusal>>()?,
        })
    }
}

impl Abort {
    /// Reads the body.
    pub(crate) fn read(sent: Sent) -> Result<Self, Refusal> {
        let said: SaidKey = read(sent)?;
        Ok(Self { key: text("requestKey", said.request_key)? })
    }
}

fn read<T: DeserializeOwned>(sent: Sent) -> Result<T, Refusal> {
    sent.object().map_err(|(status, error)| Refusal::new(status, &error))
}

fn text(field: &str, value: Option<String>) -> Result<String, Refusal> {
    value.filter(|value| !value.is_empty()).ok_or_else(|| Refusal::bad(&format!("{field} is required")))
}

fn part_number(field: &str, value: Option<u64>) -> Result<u16, Refusal> {
    let number = value.and_then(|number| u16::try_from(number).ok());
    let number = number.filter(|number| (1..=MOST_PARTS).contains(number));
    number.ok_or_else(|| Refusal::bad(&format!("{field} must be a number between 1 and {MOST_PARTS}")))
}

fn hours(said: Option<i64>) -> Result<Duration, Refusal> {
    let hours = u64::try_from(said.unwrap_or(12)).ok().filter(|hours| (1..=168).contains(hours));
    let hours = hours.ok_or_else(|| Refusal::bad("presignedUrlExpiryTimeHours must be a number between 1 and 168"))?;
    Ok(Duration::from_secs(hours * 3600))
}
