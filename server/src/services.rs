//! What every service mount works with.

use std::time::Duration;

use url::Url;

use crate::keys::Keys;
use crate::options::Options;
use crate::store::Store;

/// Shared by all mounts.
pub(crate) struct Services {
    /// Where uploads go.
    pub store: Store,
    /// Who may.
    pub keys: Keys,
    /// What the command line said.
    pub options: Options,
}

/// The storage origin as the client of this request reaches it: same host, same scheme. An extension of every request.
#[derive(Debug, Clone)]
pub(crate) struct StorageOrigin(pub Url);

/// The API origin as the client of this request reaches it, for answers that link to it. An extension of every request.
#[derive(Debug, Clone)]
pub(crate) struct ApiOrigin(pub Url);

/// How long presigned URLs hold where neither the service nor the command line says it, as Companion's do.
pub(crate) const URL_EXPIRY: Duration = Duration::from_secs(300);

/// JSON bodies hold names and lists of parts; ten thousand parts take less than a megabyte.
pub(crate) const JSON_LIMIT: usize = 2 << 20;
