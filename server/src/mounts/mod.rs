//! The services. A new one is a file or folder here, a line in [`all`], and a conversation test.

pub(crate) mod gjirafa;
mod json;
pub(crate) mod s3;
pub(crate) mod subworkflow;
pub(crate) mod veza;

use std::sync::Arc;

use axum::Router;
use axum::http::Method;

use crate::edge::call::Call;
use crate::services::Services;

/// A service below a path of the API origin.
pub(crate) trait Mount: Send + Sync {
    /// Its name in rules, log and files.
    fn name(&self) -> &'static str;

    /// The path below which all its requests are, without a slash at the end.
    fn prefix(&self) -> &'static str;

    /// What a request is to it; `rest` is the path below the prefix.
    fn call(&self, method: &Method, rest: &str, query: &str) -> Call;

    /// What a request is by the first bytes of its body, where that is more than `call` tells; `None` asks for more.
    fn look(&self, call: &Call, _head: &[u8]) -> Option<Call> {
        Some(call.clone())
    }

    /// Its routes, by their full paths, with a fallback in its own words.
    fn router(&self, services: Arc<Services>) -> Router;
}

/// Every service of this server.
pub(crate) fn all() -> Vec<Box<dyn Mount>> {
    vec![
        Box::new(s3::Companion),
        Box::new(veza::Veza::OWN),
        Box::new(veza::Veza::ROOT),
        Box::new(gjirafa::Gjirafa),
        Box::new(subworkflow::Subworkflow),
    ]
}
