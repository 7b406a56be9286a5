//! Translates: a step into a request, an answer into a reply. Pure functions; no state but configuration, no clock,
//! no browser. What is waited for, tried again or given up is [`crate::core`]'s to decide.
//!
//! A service is one [`Adapter`]. It knows its rules as data, keeps what the service gives (a session, a URL, a receipt)
//! in a shape of its own, and says in words what came back when an exchange fails: method, address without query,
//! status, and the service's own words.

mod answer;
mod checksum;
mod custom;
mod date;
mod gjirafa;
mod here;
mod json;
mod presigned;
mod question;
mod request;
mod s3;
mod subworkflow;
mod text;
mod twelvelabs;
mod url;
mod veza;
mod xml;

pub use answer::{Answer, Response};
pub use checksum::Checksums;
pub use custom::{Custom, Shape};
pub use gjirafa::Gjirafa;
pub use here::Here;
pub use json::Json;
pub use question::{Known, Question};
pub use request::{Algorithm, Argument, Body, Call, Credentials, Form, Function, Request, Sums};
pub use s3::{S3Endpoint, S3Functions};
pub use subworkflow::Subworkflow;
pub use text::{append, around, has_any, pieces};
pub use twelvelabs::TwelveLabs;
pub use url::{leads_elsewhere, origin, scrubbed, shown};
pub use veza::Veza;

use crate::core::{Failed, Failure, PartRange, Reply, Rules, Step};

/// Whether services beside S3 are built in.
pub const SERVICES: bool = crate::core::EVERY_ROLE;

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
    /// What the app is told that the service said in the end, if not all of that.
    pub response: Option<Json>,
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

    /// What tells this service, and what is its own there, from others: its address without a query, and ids. It is written
    /// to disk. `None`: nobody can go on from what is remembered.
    fn place(&self) -> Option<String> {
        None
    }

    /// What may be written to disk of a session: no key, no token, no signed URL. `None`: nothing may.
    fn remembered(&self, session: &Json) -> Option<Json> {
        Some(session.clone())
    }

    /// What a session is known by: texts, without which there is none.
    fn names(&self) -> &'static [&'static str] {
        &[]
    }

    /// The session that was remembered. What was on a disk may be anything.
    fn recalled(&self, remembered: &Json) -> Option<Json> {
        let is_named = self.names().iter().all(|name| remembered.text(name).is_some());
        (remembered.fields().is_some() && is_named).then(|| remembered.clone())
    }

    /// What is to be done after an answer, before it means anything: a function of the app may have to read it, or what
    /// it says of the whole be reckoned.
    fn follow(&self, _step: &Step<Json>, _answer: &Answer) -> Option<Call> {
        None
    }

    /// What an answer means.
    ///
    /// # Errors
    /// The answer is a refusal, a failure or nonsense.
    fn reply(&self, step: &Step<Json>, answer: &Answer) -> Result<Reply<Json>, Failed>;

    /// The request that asks a service something beside an upload; `None` if it cannot be asked.
    fn ask(&self, _question: &Question) -> Option<Request> {
        None
    }

    /// What the answer to that means.
    ///
    /// # Errors
    /// The answer is a refusal, a failure or nonsense.
    fn known(&self, question: &Question, _request: &Request, _response: &Response) -> Result<Known, Failed> {
        Err(Failed::new(Failure::Nonsense, format!("{} cannot be asked for `{}`", self.kind(), question.role())))
    }

    /// What the app needs of a finished upload.
    fn outcome(&self, session: &Json, closing: &Json) -> Outcome;

    /// The ETag in a receipt, if the service has such.
    fn etag<'a>(&self, receipt: &'a Json) -> Option<&'a str>;

    /// The checksum in a receipt, if one went with the part.
    fn checksum<'a>(&self, receipt: &'a Json) -> Option<&'a str> {
        checksum::value(receipt)
    }
}

/// A step that a service's rules say it has not got.
pub(crate) fn lacks(service: &str, step: &Step<Json>) -> Failed {
    Failed::new(Failure::Nonsense, format!("{service} has no `{}`", step.role()))
}

/// The number by which services know a part: they count from one.
pub(crate) const fn number(part: &PartRange) -> u32 {
    part.index + 1
}
