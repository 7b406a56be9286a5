//! What a step becomes.

use super::Json;
use std::borrow::Cow;

/// What carries out a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    /// An HTTP exchange.
    Http(Request),
    /// A function of the app.
    Function(Function),
    /// The part's bytes, digested, and how the digest is written.
    Digest(Algorithm, Form),
    /// The checksum of the whole, of those of its parts.
    Combine(Sums),
}

/// How a digest is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// In lower-case hexadecimal.
    Hex,
    /// In base64.
    Base64,
}

/// The checksums of all parts, which that of the whole follows from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sums {
    /// Of which kind all of them are.
    pub algorithm: Algorithm,
    /// Whether that of the whole is one of the checksums, and not one of all bytes.
    pub is_composite: bool,
    /// In the order of the parts: each in base64, with the part's bytes.
    pub parts: Vec<(String, u64)>,
}

/// A call of a function of the app.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Its name in the options.
    pub name: &'static str,
    /// What it is given.
    pub arguments: Vec<Argument>,
    /// The field of what it gives that stays as it is, because only the app understands it. The adapter gets the number
    /// it is kept under instead.
    pub keeps: Option<&'static str>,
}

impl Function {
    /// A call whose answer is plain data.
    pub fn new<const N: usize>(name: &'static str, arguments: [Argument; N]) -> Self {
        Self { name, arguments: arguments.into(), keeps: None }
    }
}

/// What a function of the app is given.
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    /// Plain data.
    Data(Json),
    /// An object, with an `AbortSignal` as its `signal`.
    Signalled(Json),
    /// The signal alone.
    Signal,
    /// Something of the app's, by the number it is kept under.
    Kept(u64),
}

/// An HTTP request.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// `GET`, `PUT`, …
    pub method: &'static str,
    /// The whole address.
    pub url: String,
    /// Headers of the service's own. The app's are added where `is_api` says so.
    pub headers: Vec<(String, String)>,
    /// What is sent.
    pub body: Body,
    /// Whether it goes to the service's API: the app's headers and credentials go with it, redirects are not
    /// followed. They go nowhere else.
    pub is_api: bool,
    /// Whose cookies go with it, where that is not the API's or the browser's own choice.
    pub credentials: Option<Credentials>,
}

impl Request {
    /// To the service's API.
    #[must_use]
    pub const fn to_api(method: &'static str, url: String, body: Body) -> Self {
        Self { method, url, headers: Vec::new(), body, is_api: true, credentials: None }
    }

    /// A part's bytes, to an address that needs nothing of the app's.
    #[must_use]
    pub const fn with_slice(method: &'static str, url: String, headers: Vec<(String, String)>) -> Self {
        Self { method, url, headers, body: Body::Slice, is_api: false, credentials: None }
    }
}

/// [Whose cookies](https://fetch.spec.whatwg.org/#concept-request-credentials-mode) go with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// Nobody's.
    Omit,
    /// The page's own origin's.
    SameOrigin,
    /// Whoever's it goes to.
    Include,
}

/// How a digest is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// CRC-64/NVME, [as NVM Express has it](https://nvmexpress.org/specifications/).
    Crc64Nvme,
    /// CRC-32C, [as iSCSI has it](https://www.rfc-editor.org/rfc/rfc3720#section-12.1).
    Crc32c,
    /// [MD5](https://www.rfc-editor.org/rfc/rfc1321).
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
}

/// What is sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Nothing.
    Empty,
    /// JSON, with its content type.
    Json(Json),
    /// The part's bytes as they are.
    Slice,
    /// Form data, with the part's bytes as the last field if there is one for them.
    Form {
        /// Names and values, in order: text as it is, anything else as JSON.
        fields: Vec<(Cow<'static, str>, Json)>,
        /// The field of the bytes, and the file name they go by.
        file: Option<(Cow<'static, str>, String)>,
    },
    /// The part's bytes as base64 in one more field of a JSON object, the last one.
    Base64Json {
        /// The other fields.
        fields: Json,
        /// The field's name.
        field: Cow<'static, str>,
    },
}
