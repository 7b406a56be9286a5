//! What the command line says.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use rusty_s3::Credentials;
use url::Url;

/// Everything that can be chosen at the start.
#[derive(Debug, Clone)]
pub struct Options {
    /// The address to bind; loopback unless told otherwise.
    pub host: IpAddr,
    /// The API origin's port; 0 takes any that is free.
    pub port: u16,
    /// The storage origin's port; 0 takes any that is free.
    pub storage_port: u16,
    /// The port of the API origin over TLS; absent, there is none.
    pub tls_port: Option<u16>,
    /// The port of the storage origin over TLS; only used beside `tls_port`.
    pub tls_storage_port: u16,
    /// Where objects, sessions and the signing secret live.
    pub data: PathBuf,
    /// The demo page.
    pub www: PathBuf,
    /// The built package.
    pub pkg: PathBuf,
    /// Bodies are counted and discarded.
    pub sink: bool,
    /// The least size of every part but the last; S3 says 5 MiB.
    pub min_part_size: u64,
    /// How long presigned URLs hold, whatever the service promises otherwise; Gjirafa's clients say it themselves.
    pub url_expiry: Option<Duration>,
    /// HERE's part numbers may be used again after a failed attempt.
    pub here_lenient: bool,
    /// An S3 store elsewhere, instead of the embedded one.
    pub external: Option<ExternalOptions>,
}

/// An S3-compatible store elsewhere.
#[derive(Debug, Clone)]
pub struct ExternalOptions {
    /// Its origin.
    pub endpoint: Url,
    /// The bucket, which must exist and allow the page's origin by CORS.
    pub bucket: String,
    /// The region of its signatures.
    pub region: String,
    /// The key pair; on the command line it comes from the usual AWS variables.
    pub credentials: Credentials,
}

/// What `--help` prints.
pub const HELP: &str = "\
upslice-server: the reference server of upslice

  --port N               port of the API origin (8080; 0 takes any)
  --storage-port N       port of the storage origin that presigned URLs point to (8081)
  --tls-port N           the API origin over TLS as well, with a throw-away certificate
  --tls-storage-port N   the storage origin over TLS, beside --tls-port (any)
  --host ADDRESS         address to bind (127.0.0.1)
  --data DIR             objects, sessions and the signing secret (.upslice)
  --www DIR              the demo page (www)
  --pkg DIR              the built package (pkg)
  --sink                 count bodies and discard them, for benchmarks
  --min-part-size BYTES  floor of every part but the last (5242880)
  --url-expiry SECONDS   how long presigned URLs hold (300; TwelveLabs' 3600; Gjirafa's as asked)
  --here-lenient         HERE's part numbers may be used again after a failed attempt
  --s3-endpoint URL      an S3-compatible store instead of the local disk, with
  --s3-bucket NAME         its bucket and
  --s3-region R            its region; credentials from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY
";

impl Default for Options {
    fn default() -> Self {
        Self {
            host: Ipv4Addr::LOCALHOST.into(),
            port: 8080,
            storage_port: 8081,
            tls_port: None,
            tls_storage_port: 0,
            data: ".upslice".into(),
            www: "www".into(),
            pkg: "pkg".into(),
            sink: false,
            min_part_size: 5 << 20,
            url_expiry: None,
            here_lenient: false,
            external: None,
        }
    }
}

impl Options {
    /// Reads the arguments; `None` means that help was asked for.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Option<Self>, lexopt::Error> {
        use lexopt::prelude::*;
        let mut options = Self::default();
        let (mut endpoint, mut bucket, mut region) = (None, None, None);
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("help") | Short('h') => return Ok(None),
                Long("port") => options.port = parser.value()?.parse()?,
                Long("storage-port") => options.storage_port = parser.value()?.parse()?,
                Long("tls-port") => options.tls_port = Some(parser.value()?.parse()?),
                Long("tls-storage-port") => options.tls_storage_port = parser.value()?.parse()?,
                Long("host") => options.host = parser.value()?.parse()?,
                Long("data") => options.data = parser.value()?.into(),
                Long("www") => options.www = parser.value()?.into(),
                Long("pkg") => options.pkg = parser.value()?.into(),
                Long("sink") => options.sink = true,
                Long("min-part-size") => options.min_part_size = parser.value()?.parse()?,
                // A week is the longest that S3 signs for.
                Long("url-expiry") => {
                    let seconds = parser.value()?.parse::<u64>()?.clamp(1, 604_800);
                    options.url_expiry = Some(Duration::from_secs(seconds));
                }
                Long("here-lenient") => options.here_lenient = true,
                Long("s3-endpoint") => endpoint = Some(parser.value()?.parse()?),
                Long("s3-bucket") => bucket = Some(parser.value()?.string()?),
                Long("s3-region") => region = Some(parser.value()?.string()?),
                other => return Err(other.unexpected()),
            }
        }
        options.external = match (endpoint, bucket, region) {
            (None, None, None) => None,
            (Some(endpoint), Some(bucket), Some(region)) => {
                let credentials = Credentials::from_env()
                    .ok_or("an external store needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")?;
                Some(ExternalOptions { endpoint, bucket, region, credentials })
            }
            _ => return Err("--s3-endpoint, --s3-bucket and --s3-region belong together".into()),
        };
        Ok(Some(options))
    }
}
