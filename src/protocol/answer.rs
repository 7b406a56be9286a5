//! What came back, and what every service means by a status.

use super::text::append;
use super::url::{scrubbed, shown};
use super::{Json, Request, date, xml};
use crate::core::{Failed, Failure, Wall};

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// An HTTP answer to a request.
    Http {
        /// What was asked.
        request: Box<Request>,
        /// What came back.
        response: Response,
    },
    /// What a function of the app gave.
    Value {
        /// Its name.
        of: &'static str,
        /// What it gave.
        value: Json,
    },
    /// A digest of the part's bytes, in the form that was asked for.
    Digest(String),
    /// What came back, and the checksum of the whole beside it, in base64.
    Combined {
        /// What came back.
        answer: Box<Self>,
        /// `None`: there is none that follows from those of the parts.
        whole: Option<String>,
    },
}

impl Answer {
    /// The exchange, for a step that is always one.
    pub(super) fn http(&self) -> Result<(&Request, &Response), Failed> {
        match self {
            Self::Http { request, response } => Ok((request, response)),
            Self::Value { .. } | Self::Digest(_) | Self::Combined { .. } => {
                Err(Failed::new(Failure::Nonsense, "an answer to a request was expected".into()))
            }
        }
    }
}

/// An HTTP answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    /// The status. Zero: a redirect that was not followed.
    pub status: u16,
    /// The headers that the page may read, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub text: String,
    /// The body, if it is JSON.
    pub json: Option<Json>,
    /// When it came.
    pub at: Wall,
}

/// Bytes of a service's own words that are worth showing.
const ENOUGH: usize = 300;

impl Response {
    /// A header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// Whether the status is a good one.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// The service's own words: an S3 error's code and message, a JSON error's text, or plain text. Never markup.
    pub(super) fn own_words(&self) -> Option<String> {
        let plain = match self.text.trim_ascii().as_bytes() {
            [] | [b'<' | b'{' | b'[', ..] => None,
            _ => Some(self.text.trim_ascii()),
        };
        let words = match (xml::error(&self.text), &self.json) {
            (Some((code, message)), _) if message.is_empty() => code,
            (Some((code, message)), _) => format!("{code}: {message}"),
            (None, Some(json)) => {
                let what = ["error", "message", "title"].iter().find_map(|name| json.text(name));
                // Or an object that is all about the error.
                let what = what.or_else(|| json.get("error")?.text("message"))?;
                // HERE's title is a word, and its cause a sentence.
                json.text("cause").map_or_else(|| what.to_owned(), |cause| format!("{what}: {cause}"))
            }
            (None, None) => plain?.to_owned(),
        };
        Some(presentable(&[words]))
    }

    /// What kind of thing the body is, in words.
    pub(super) fn body_in_words(&self) -> &'static str {
        let start = self.text.trim_ascii_start().as_bytes();
        let begins = |word: &[u8]| start.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        match start.first() {
            _ if self.json.is_some() => "JSON",
            Some(b'<') if begins(b"<?xml") || begins(b"<erro") => "XML",
            Some(b'<') => "an HTML page",
            None => "nothing",
            Some(_) => "text",
        }
    }
}

/// `PUT https://store.example/key`
pub(super) fn asked(request: &Request) -> String {
    format!("{} {}", request.method, shown(&request.url))
}

/// What a service says, sentence by sentence, as it may be shown: without secrets, and not too much of it.
pub(super) fn presentable(said: &[String]) -> String {
    let mut row = String::new();
    for words in said {
        append(&mut row, "; ", &scrubbed(words));
    }
    let mut shown = String::new();
    for char in row.chars().take(ENOUGH) {
        shown.push(char);
    }
    shown
}

/// What an answer with a bad status means, for services that use HTTP's statuses as they are meant.
pub(super) fn refusal(request: &Request, response: &Response) -> Failed {
    refused(request, response, response.own_words())
}

/// The same, for a service whose own words are found in a place of its own.
pub(super) fn refused(request: &Request, response: &Response, own: Option<String>) -> Failed {
    let after = response.header("retry-after").and_then(|text| date::retry_after(text, response.at));
    let failure = match response.status {
        // [S3 answers 400](https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html) to a line that was too slow
        // once, and where the credentials that signed a URL have died before it.
        400 => match xml::error(&response.text).as_ref().map(|(code, _)| code.as_str()) {
            Some("RequestTimeout") => Failure::Server,
            Some("ExpiredToken") => Failure::Refused,
            _ => Failure::Rejected,
        },
        401 | 403 => Failure::Refused,
        404 => Failure::Gone,
        408 | 500..=502 | 504..=599 => Failure::Server,
        429 | 503 => Failure::Busy { after },
        0 | 300..=399 => Failure::Nonsense,
        _ => Failure::Rejected,
    };
    let words = match (response.status, own) {
        (0 | 300..=399, _) => {
            format!("{} answered with a redirect, which is not followed: name its target instead", asked(request))
        }
        (status, None) => format!("{} answered {status}", asked(request)),
        (status, Some(own)) => format!("{} answered {status} ({own})", asked(request)),
    };
    Failed::answered(failure, response.status, words)
}

/// An answer that makes no sense, and what would.
pub(super) fn nonsense(request: &Request, response: &Response, expected: &str) -> Failed {
    let words =
        format!("{} answered {} with {}: {expected}", asked(request), response.status, response.body_in_words());
    Failed::answered(Failure::Nonsense, response.status, words)
}
