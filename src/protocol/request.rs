//! What a step becomes.

use super::Json;

/// What carries out a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    /// An HTTP exchange.
    Http(Request),
    /// A function of the app, by its name in the options, with its one argument. The edge adds the `signal`.
    Function {
        /// Its name.
        name: &'static str,
        /// Its argument.
        argument: Json,
    },
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
        fields: Vec<(&'static str, Json)>,
        /// The field of the bytes, and the file name they go by.
        file: Option<(&'static str, String)>,
    },
    /// The part's bytes as base64 in one more field of a JSON object, the last one.
    Base64Json {
        /// The other fields.
        fields: Json,
        /// The field's name.
        field: &'static str,
    },
}
