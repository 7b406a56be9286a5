//! What is remembered beside the bytes, as small JSON files that survive the process.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::moment::Moment;

/// What a service knows about a file when its upload begins.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Description {
    /// The mount that took it, such as `s3`.
    pub service: String,
    /// The file's name as the client said it; never part of a path.
    pub name: String,
    /// The media type as the client said it.
    pub media_type: String,
    /// What else the client wants remembered.
    pub metadata: BTreeMap<String, String>,
    /// The name of the key that began the upload; only the same key may go on with it.
    pub owner: Option<String>,
}

/// A multipart session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Upload {
    /// The upload id, random.
    pub id: String,
    /// The object's key, random.
    pub key: String,
    /// The bucket: one per service, so that a part's address tells whose it is.
    pub bucket: String,
    /// What the service said of the file.
    pub description: Description,
}

/// What is known of a stored part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Receipt {
    /// Quoted hex MD5 of the bytes.
    pub etag: String,
    /// Bytes.
    pub size: u64,
    /// The file that holds the bytes, beside the receipt; none where bytes are discarded.
    pub file: Option<String>,
    /// When the last byte arrived.
    pub stored_at: Moment,
    /// Digests that the client sent and that were found true, by header name.
    pub digests: BTreeMap<String, String>,
}

/// One row of a completion request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The part's number.
    pub number: u16,
    /// The ETag that the client was given.
    pub etag: String,
    /// The checksums that the client says the part was sent with, by algorithm, base64; none where the service
    /// knows of none.
    pub checksums: Option<BTreeMap<String, String>>,
}

impl Claim {
    /// Of a service that knows no checksums.
    pub(crate) const fn bare(number: u16, etag: String) -> Self {
        Self { number, etag, checksums: None }
    }
}

/// What a service asks of a completion.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    /// The least size of every part but the last.
    pub floor: u64,
    /// No parts at all are an empty object.
    pub empty: bool,
}

/// How far an upload is.
#[derive(Debug, Clone)]
pub(crate) enum Progress {
    /// These parts are stored, in order.
    Open(Vec<(u16, Receipt)>),
    /// It is over, and this is the outcome.
    Completed(Object),
}

/// A completed upload.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Object {
    /// Where the object is, as the first completion was told; repeated completions hear the same.
    pub location: String,
    /// `"md5ofmd5s-N"`.
    pub etag: String,
    /// Bytes.
    pub size: u64,
    /// The parts in order, with their numbers.
    pub parts: Vec<(u16, Receipt)>,
    /// The checksum of the whole, where every part came with one of the same kind.
    #[serde(default)]
    pub checksum: Option<Whole>,
    /// RFC 3339, UTC.
    pub completed_at: Moment,
}

/// The checksum of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Whole {
    /// `crc32`, `crc32c`, `crc64nvme`, `sha1` or `sha256`.
    pub algorithm: String,
    /// Base64; of the parts' checksums with their number behind it, or of all bytes.
    pub value: String,
    /// Whether it is of all bytes.
    pub is_full: bool,
}

/// A finished file as `/_/files` shows it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FileRow {
    /// The mount that took it.
    pub service: String,
    /// The object's key.
    pub id: String,
    /// The name the client said.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Hex SHA-256 of the whole; null where bytes are discarded or kept elsewhere.
    pub sha256: Option<String>,
    /// The media type the client said.
    #[serde(rename = "type")]
    pub media_type: String,
    /// How many parts it came in.
    pub parts: usize,
    /// RFC 3339, UTC.
    pub completed_at: Moment,
}
