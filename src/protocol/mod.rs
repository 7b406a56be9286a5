//! Translates: a step into a request, an answer into a reply. Pure functions; no state but configuration, no clock,
//! no browser. What is waited for, tried again or given up is [`crate::core`]'s to decide.
//!
//! A service is one [`Adapter`]. It knows its rules as data, keeps what the service gives (a session, a URL, a receipt)
//! in a shape of its own, and says in words what came back when an exchange fails: method, address without query,
//! status, and the service's own words.

mod answer;
mod date;
mod gjirafa;
mod json;
mod presigned;
mod request;
mod s3;
mod subworkflow;
mod url;
mod veza;
mod xml;

pub use answer::{Answer, Response};
pub use gjirafa::Gjirafa;
pub use json::Json;
pub use request::{Body, Call, Request};
pub use s3::{S3Endpoint, S3Functions};
pub use subworkflow::Subworkflow;
pub use url::{origin, scrubbed, shown};
pub use veza::Veza;

use crate::core::{Failed, PartRange, Reply, Rules, Step};

/// What the service is told of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its MIME type.
    pub kind: String,
    /// Its bytes.
    pub size: u64,
    /// Names and values of the app's own, for services that take some.
    pub metadata: Vec<(String, String)>,
}

/// What an app needs of a finished upload.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The service's name of the session.
    pub upload_id: String,
    /// What the app needs next.
    pub object_id: Option<String>,
    /// Where it is.
    pub location: Option<String>,
}

/// One service: its rules, its requests, its answers.
pub trait Adapter {
    /// The word for it in the package.
    fn kind(&self) -> &'static str;

    /// What it allows.
    fn rules(&self) -> Rules;

    /// The request, or the call of a function of the app, that carries out a step.
    ///
    /// # Errors
    /// What the service gave for it earlier cannot be used.
    fn call(&self, step: &Step<Json>, file: &File) -> Result<Call, Failed>;

    /// What an answer means.
    ///
    /// # Errors
    /// The answer is a refusal, a failure or nonsense.
    fn reply(&self, step: &Step<Json>, answer: &Answer) -> Result<Reply<Json>, Failed>;

    /// What the app needs of a finished upload.
    fn outcome(&self, session: &Json, closing: &Json) -> Outcome;

    /// The ETag in a receipt, if the service has such.
    fn etag<'a>(&self, receipt: &'a Json) -> Option<&'a str>;
}

/// The number by which services know a part: they count from one.
pub(crate) const fn number(part: &PartRange) -> u32 {
    part.index + 1
}
