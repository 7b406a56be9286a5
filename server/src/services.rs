//! What every service mount works with.

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

/// JSON bodies hold names and lists of parts; ten thousand parts take less than a megabyte.
pub(crate) const JSON_LIMIT: usize = 2 << 20;
