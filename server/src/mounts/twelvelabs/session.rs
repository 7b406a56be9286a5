//! What a session is, beside the parts that are stored: how it is cut, how old it is, what was reported.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::NAME;
use super::body::{Create, Page};
use crate::chance;
use crate::moment::Moment;
use crate::store::record::{Description, Upload};

/// The size of all chunks but the last.
const CHUNK: u64 = 5 << 20;
/// Into how many chunks a file is cut that is too small for the usual size, where `--min-part-size` allows it: more
/// than the first answer signs and than one report of the SDKs holds.
const FEW: u64 = 20;
/// How long a session lives.
const LIFE: Duration = Duration::from_secs(24 * 3600);

/// Under which name the facts are among the metadata.
const FACTS: &str = "session";

/// When which chunk was reported. What the service notes of an upload.
pub(crate) type Reported = BTreeMap<u16, Moment>;

/// An upload and what is known of it since it began.
pub(crate) struct Session {
    /// As the store knows it; its key is the asset's id.
    pub upload: Upload,
    facts: Facts,
}

#[derive(Serialize, Deserialize)]
struct Facts {
    total_size: u64,
    chunk_size: u64,
    created_at: Moment,
    user_metadata: Option<Map<String, Value>>,
}

/// A new asset's id, in the shape of the vendor's.
pub(crate) fn new_asset_id() -> String {
    chance::hex(12)
}

/// What the store is told of a new session; `floor` is the least size of a part.
pub(crate) fn describe(said: Create, floor: u64, owner: &str) -> Description {
    let facts = Facts {
        total_size: said.total_size,
        chunk_size: said.total_size.div_ceil(FEW).clamp(floor.clamp(1, CHUNK), CHUNK),
        created_at: Moment::this_second(),
        user_metadata: said.user_metadata,
    };
    Description {
        service: NAME.to_owned(),
        name: said.filename,
        // The client says no media type, only what kind of file it is.
        media_type: String::new(),
        metadata: BTreeMap::from([(FACTS.to_owned(), json!(facts).to_string()), ("type".to_owned(), said.kind)]),
        owner: Some(owner.to_owned()),
    }
}

/// The other of an upload's two ids. They are neighbours, as ids are that are made one after the other, so that each
/// tells the other.
pub(crate) fn neighbour(id: &str) -> Option<String> {
    let (head, last) = id.split_at_checked(id.len().checked_sub(1)?)?;
    let digit = last.chars().next()?.to_digit(16)?;
    Some(format!("{head}{:x}", digit ^ 1))
}

impl Session {
    /// The session of an upload that this service began.
    pub(crate) fn of(upload: Upload) -> Option<Self> {
        let facts = serde_json::from_str(upload.description.metadata.get(FACTS)?).ok()?;
        Some(Self { upload, facts })
    }

    /// The id by which the session is known.
    pub(crate) fn id(&self) -> String {
        // Assets' ids are hex.
        neighbour(&self.upload.key).unwrap_or_default()
    }

    /// How many chunks there are.
    pub(crate) fn chunks(&self) -> u16 {
        // At most 2,000 of the usual size make the largest file.
        u16::try_from(self.facts.total_size.div_ceil(self.facts.chunk_size)).unwrap_or(u16::MAX)
    }

    /// How many bytes this chunk has.
    pub(crate) fn size_of(&self, index: u16) -> u64 {
        let before = u64::from(index - 1) * self.facts.chunk_size;
        self.facts.chunk_size.min(self.facts.total_size.saturating_sub(before))
    }

    /// When the session began.
    pub(crate) fn created_at(&self) -> Moment {
        self.facts.created_at
    }

    /// When the session ends, finished or not.
    pub(crate) fn expires_at(&self) -> Moment {
        self.facts.created_at.plus(LIFE)
    }

    /// The session is too old to go on.
    pub(crate) fn expired(&self) -> bool {
        self.expires_at() <= Moment::now()
    }

    /// How the file is cut, and until when it is waited for.
    pub(crate) fn cut(&self) -> Value {
        json!({
            "upload_id": self.id(),
            "chunk_size": self.facts.chunk_size,
            "total_chunks": self.chunks(),
            "expires_at": self.expires_at(),
        })
    }

    /// A row in the list of those that are not completed.
    pub(crate) fn summary(&self) -> Value {
        let mut row = self.cut();
        row["status"] = self.status(false).into();
        row["total_size"] = self.facts.total_size.into();
        row["created_at"] = json!(self.facts.created_at);
        row
    }

    /// How far it is: what was not reported is pending, be it stored or not.
    pub(crate) fn progress(&self, completed: bool, reported: &Reported, page: Page) -> Value {
        let row = |index: u16| match reported.get(&index) {
            Some(at) => json!({ "index": index, "status": "completed", "uploaded_at": at, "updated_at": at }),
            None => {
                let created = self.facts.created_at;
                json!({ "index": index, "status": "pending", "uploaded_at": null, "updated_at": created })
            }
        };
        let (rows, page_info) = page.of((1..=self.chunks()).collect());
        json!({
            "upload_id": self.id(),
            "status": self.status(completed),
            "uploaded_chunks": rows.into_iter().map(row).collect::<Vec<_>>(),
            "chunks_completed": reported.len(),
            "chunks_failed": 0,
            "chunks_pending": usize::from(self.chunks()) - reported.len(),
            "page_info": page_info,
            "total_size": self.facts.total_size,
            "uploaded_size": reported.keys().map(|index| self.size_of(*index)).sum::<u64>(),
            "created_at": self.facts.created_at,
            "updated_at": reported.values().max().unwrap_or(&self.facts.created_at),
        })
    }

    /// The asset; nothing is validated here, so that it is ready once it is whole.
    pub(crate) fn asset(&self, completed: bool) -> Value {
        let mut asset = json!({
            "_id": self.upload.key,
            "method": "multipart",
            "status": if completed { "ready" } else { "processing" },
            "filename": self.upload.description.name,
            "created_at": self.facts.created_at,
            "size": self.facts.total_size,
        });
        if let Some(said) = &self.facts.user_metadata {
            asset["user_metadata"] = said.clone().into();
        }
        asset
    }

    fn status(&self, completed: bool) -> &'static str {
        match completed {
            true => "completed",
            false if self.expired() => "expired",
            false => "active",
        }
    }
}

impl Page {
    /// The rows of this page, none beyond the last, and what is said beside them.
    pub(crate) fn of<T>(self, rows: Vec<T>) -> (Vec<T>, Value) {
        let info = json!({
            "limit_per_page": self.limit,
            "page": self.number,
            "total_page": rows.len().div_ceil(self.limit),
            "total_results": rows.len(),
        });
        (rows.into_iter().skip((self.number - 1) * self.limit).take(self.limit).collect(), info)
    }
}
