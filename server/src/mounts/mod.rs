//! The services. A new one is a file or folder here, a line in [`all`], and a conversation test.

pub(crate) mod gjirafa;
mod guard;
pub(crate) mod here;
mod json;
pub(crate) mod peers;
pub(crate) mod s3;
pub(crate) mod subworkflow;
pub(crate) mod twelvelabs;
pub(crate) mod veza;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, Method};
use futures::future::BoxFuture;

use crate::edge::call::Call;
use crate::services::Services;

/// A service below a path of the API origin.
#[async_trait::async_trait]
pub(crate) trait Mount: Send + Sync {
    /// Its name in rules, log and files.
    fn name(&self) -> &'static str;

    /// The path below which all its requests are, without a slash at the end.
    fn prefix(&self) -> &'static str;

    /// Whether it is at the storage origin as well.
    fn is_store(&self) -> bool {
        false
    }

    /// What a request is to it; `rest` is the path below the prefix.
    fn call(&self, method: &Method, rest: &str, query: &str) -> Call;

    /// What a request is by the first bytes of its body, where that is more than `call` tells; `None` asks for more.
    fn look(&self, call: &Call, _head: &[u8]) -> Option<Call> {
        Some(call.clone())
    }

    /// Notes that a call begins, before anything can happen to it, for a service that minds how earlier attempts ended.
    /// What comes back is run if this one ends well: answered without an error, whole.
    async fn attempt(
        &self,
        _services: &Arc<Services>,
        _call: &Call,
        _headers: &HeaderMap,
        _rest: &str,
    ) -> Option<BoxFuture<'static, ()>> {
        None
    }

    /// Its routes, by their full paths, with a fallback in its own words.
    fn router(&self, services: Arc<Services>) -> Router;
}

/// Every service of this server; what is no service but a sink for other uploaders is there on request only.
pub(crate) fn all(sink: bool) -> Vec<Box<dyn Mount>> {
    let mut all: Vec<Box<dyn Mount>> = vec![
        Box::new(s3::Companion),
        Box::new(veza::Veza::OWN),
        Box::new(veza::Veza::ROOT),
        Box::new(twelvelabs::TwelveLabs),
        Box::new(gjirafa::Gjirafa),
        Box::new(here::Here),
        Box::new(subworkflow::Subworkflow),
    ];
    if sink {
        all.push(Box::new(peers::Peers));
    }
    all
}
