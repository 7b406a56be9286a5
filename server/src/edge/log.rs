//! The exchanges that took place, for tests and for people who integrate. No secret enters it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, Request};
use serde::Serialize;

use super::body::Count;
use super::call::Call;
use crate::moment::Moment;

/// More exchanges than any test asks for; the oldest go first.
const MOST: usize = 50_000;
const REDACTED: &str = "(redacted)";

/// The log of this process.
#[derive(Default)]
pub(crate) struct Log(Arc<Mutex<Entries>>);

#[derive(Default)]
struct Entries {
    next: u64,
    rows: VecDeque<Entry>,
}

/// One exchange. `endMs` is null while it lasts, `status` also where the connection was cut; `requestBytes` are those read
/// so far.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    #[serde(skip)]
    id: u64,
    #[serde(skip)]
    body: Count,
    service: Option<String>,
    step: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<u16>,
    method: String,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    request_bytes: u64,
    status: Option<u16>,
    start_ms: f64,
    end_ms: Option<f64>,
}

/// An exchange under way. Dropped without an answer, it counts as cut.
pub(crate) struct Ticket {
    log: Arc<Mutex<Entries>>,
    id: u64,
}

impl Log {
    /// Notes that an exchange begins.
    pub(crate) fn begin<B>(&self, call: &Call, preflight: bool, request: &Request<B>, body: Count) -> Ticket {
        let (step, part) = named(call);
        let step = if preflight { Some("preflight".to_owned()) } else { step };
        let mut entries = lock(&self.0);
        let id = entries.next;
        entries.next += 1;
        entries.rows.push_back(Entry {
            id,
            body,
            service: call.service.clone(),
            step,
            part,
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            query: redacted_query(request.uri().query().unwrap_or_default()),
            headers: redacted_headers(request.headers()),
            request_bytes: 0,
            status: None,
            start_ms: Moment::now().epoch_ms(),
            end_ms: None,
        });
        if entries.rows.len() > MOST {
            entries.rows.pop_front();
        }
        Ticket { log: Arc::clone(&self.0), id }
    }

    /// All exchanges since the log was emptied, in the order in which they began.
    pub(crate) fn all(&self) -> Vec<Entry> {
        let counted = |entry: &Entry| Entry { request_bytes: entry.body.bytes(), ..entry.clone() };
        lock(&self.0).rows.iter().map(counted).collect()
    }

    /// Empties the log; exchanges under way are forgotten as well.
    pub(crate) fn clear(&self) {
        lock(&self.0).rows.clear();
    }
}

impl Ticket {
    /// Notes what the body said the request is.
    pub(crate) fn named(&self, call: &Call) {
        self.note(|entry| (entry.step, entry.part) = named(call));
    }

    /// Notes the answer's status.
    pub(crate) fn answered(self, status: u16) {
        self.note(|entry| entry.status = Some(status));
    }

    fn note(&self, note: impl FnOnce(&mut Entry)) {
        let mut entries = lock(&self.log);
        // Ids ascend, so the newest are at the end, where they are looked for.
        if let Some(entry) = entries.rows.iter_mut().rev().find(|entry| entry.id == self.id) {
            note(entry);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.note(|entry| entry.end_ms = Some(Moment::now().epoch_ms()));
    }
}

fn named(call: &Call) -> (Option<String>, Option<u16>) {
    // The names of steps are plain words.
    let step = serde_json::to_value(call.step).unwrap_or_default();
    (step.as_str().map(str::to_owned), call.parts.first().copied())
}

fn redacted_headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let shown = headers.iter().map(|(name, value)| {
        let secret = matches!(name.as_str(), "authorization" | "x-api-key" | "cookie");
        let value = if secret { REDACTED.into() } else { String::from_utf8_lossy(value.as_bytes()).into_owned() };
        (name.to_string(), value)
    });
    shown.collect()
}

fn redacted_query(query: &str) -> String {
    let shown = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if name.to_lowercase().starts_with("x-amz-") || name.eq_ignore_ascii_case("api-key") => {
            format!("{name}={REDACTED}")
        }
        _ => pair.to_owned(),
    });
    shown.collect::<Vec<_>>().join("&")
}

fn lock(entries: &Mutex<Entries>) -> MutexGuard<'_, Entries> {
    // Rows are pushed and changed whole.
    entries.lock().unwrap_or_else(PoisonError::into_inner)
}
