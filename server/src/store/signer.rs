//! Signs addresses of the embedded storage origin, with a secret that only this server's user can read.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use rusty_s3::actions::UploadPart;
use rusty_s3::{Bucket, Credentials, S3Action as _, UrlStyle};
use serde::{Deserialize, Serialize};
use url::Url;

use super::error::{StoreError, StoreResult};
use super::record::Upload;
use crate::chance;

/// The region of the embedded store: S3 wants one in every signature.
const REGION: &str = "us-east-1";

/// The key pair of the embedded store.
pub(crate) struct Signer {
    secret: Secret,
}

#[derive(Clone, Serialize, Deserialize)]
struct Secret {
    access_key: String,
    secret_key: String,
}

impl Signer {
    /// Reads the secret of `data`, or makes one at the first start.
    pub(crate) fn open(data: &Path) -> StoreResult<Self> {
        let path = data.join("secret.json");
        if let Ok(text) = fs::read(&path) {
            return Ok(Self { secret: serde_json::from_slice(&text)? });
        }
        let secret = Secret { access_key: chance::hex(10), secret_key: chance::hex(32) };
        let draft = data.join(format!("secret.{}.tmp", chance::hex(4)));
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        file.write_all(&serde_json::to_vec(&secret)?)?;
        fs::rename(draft, path)?;
        Ok(Self { secret })
    }

    /// The key pair that verifies what was signed here.
    pub(crate) fn auth(&self) -> s3s::auth::SimpleAuth {
        s3s::auth::SimpleAuth::from_single(self.secret.access_key.clone(), self.secret.secret_key.as_str())
    }

    /// Addresses to which these parts may be PUT for so long.
    pub(crate) fn part_urls(
        &self,
        origin: &Url,
        upload: &Upload,
        parts: &[(u16, Option<Signed>)],
        expiry: Duration,
    ) -> StoreResult<Vec<(u16, Url)>> {
        let bucket = Bucket::new(origin.clone(), UrlStyle::Path, upload.bucket.clone(), REGION)
            .map_err(|error| StoreError::new("InternalError", error.to_string()))?;
        let credentials = Credentials::new(&self.secret.access_key, &self.secret.secret_key);
        Ok(parts.iter().map(|part| part_url(&bucket, &credentials, upload, part, expiry)).collect())
    }
}

/// A header that is signed with its value.
pub(crate) type Signed = (String, String);

/// The address of one part, signed with its header if it has one.
pub(crate) fn part_url(
    bucket: &Bucket,
    credentials: &Credentials,
    upload: &Upload,
    (number, header): &(u16, Option<Signed>),
    expiry: Duration,
) -> (u16, Url) {
    let mut action = UploadPart::new(bucket, Some(credentials), &upload.key, *number, &upload.id);
    if let Some((name, value)) = header {
        action.headers_mut().insert(name.as_str(), value.as_str());
    }
    (*number, action.sign(expiry))
}
