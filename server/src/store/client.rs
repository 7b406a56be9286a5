//! The server's own requests to an S3 store elsewhere.

use url::Url;

use super::error::{StoreError, StoreResult};

/// Sends signed requests.
pub(crate) struct Client(ureq::Agent);

/// What is read of an answer.
pub(crate) struct Reply {
    /// The part's receipt, where there is one.
    pub etag: Option<String>,
    /// The body.
    pub text: String,
}

impl Client {
    /// A client that leaves statuses to be judged here.
    pub(crate) fn new() -> Self {
        Self(ureq::Agent::config_builder().http_status_as_error(false).build().into())
    }

    /// Sends one request and reads the answer whole; a refusal becomes an error in the store's own words.
    pub(crate) async fn exchange(
        &self,
        method: &'static str,
        url: Url,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    ) -> StoreResult<Reply> {
        let agent = self.0.clone();
        let exchange = move || -> Result<(u16, Reply), ureq::Error> {
            let mut request = ureq::http::Request::builder().method(method).uri(url.as_str());
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let mut answer = agent.run(request.body(body)?)?;
            let etag = answer.headers().get("etag").and_then(|etag| etag.to_str().ok()).map(str::to_owned);
            Ok((answer.status().as_u16(), Reply { etag, text: answer.body_mut().read_to_string()? }))
        };
        let failed = |error: &dyn std::fmt::Display| {
            let message = format!("the external store did not answer: {error}");
            StoreError { status: axum::http::StatusCode::BAD_GATEWAY, ..StoreError::new("InternalError", message) }
        };
        let done = tokio::task::spawn_blocking(exchange).await.map_err(|error| failed(&error))?;
        let (status, reply) = done.map_err(|error| failed(&error))?;
        let text = &reply.text;
        // A completion may answer 200 and say in the body that it failed.
        if (200..300).contains(&status) && !text.contains("<Error>") {
            return Ok(reply);
        }
        let mut error = StoreError::new(
            between(text, "Code").unwrap_or("InternalError"),
            between(text, "Message").unwrap_or("the external store refused without saying why"),
        );
        if let Ok(status) = axum::http::StatusCode::from_u16(status)
            && !status.is_success()
        {
            error.status = status;
        }
        Err(error)
    }
}

/// The text of an XML element.
pub(crate) fn between<'a>(text: &'a str, tag: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{tag}>"))?;
    rest.split_once(&format!("</{tag}>")).map(|(inner, _)| inner)
}
