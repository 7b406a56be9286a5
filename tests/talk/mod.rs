//! Conversations as text: what an adapter says, and what it makes of an answer.

use upslice::core::{Failed, Reply, Step, Wall};
use upslice::protocol::{Adapter, Answer, Body, Call, File, Json, Request, Response};

/// `Fri, 20 Nov 2026 13:37:00 GMT`
pub(crate) const NOON: Wall = Wall::from_millis(1_795_181_820_000);

pub(crate) fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

pub(crate) fn request(adapter: &dyn Adapter, step: &Step<Json>, file: &File) -> Request {
    match adapter.call(step, file).unwrap() {
        Call::Http(request) => request,
        Call::Function { name, .. } => panic!("{name} was called"),
    }
}

/// What is said, as text: the request line, headers, an empty line, the body.
pub(crate) fn said(adapter: &dyn Adapter, step: &Step<Json>, file: &File) -> String {
    match adapter.call(step, file).unwrap() {
        Call::Http(request) => {
            let to = if request.is_api { "api" } else { "store" };
            let headers: String = request.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
            let body = match &request.body {
                Body::Empty => String::new(),
                Body::Slice => "(the part)".into(),
                Body::Json(body) => serde_json::to_string(body).unwrap(),
                Body::Form { fields, file } => {
                    let fields = fields.iter().map(|(name, field)| match field {
                        Json::Text(text) => format!("{name}={text}\n"),
                        json => format!("{name}={}\n", serde_json::to_string(json).unwrap()),
                    });
                    let file = file.iter().map(|(name, file)| format!("{name}=(the part, as {file})\n"));
                    fields.chain(file).collect()
                }
                Body::Base64Json { fields, field } => {
                    format!("{} and `{field}`: (the part as base64)", serde_json::to_string(fields).unwrap())
                }
            };
            format!("{} {} ({to})\n{headers}\n{body}", request.method, request.url)
        }
        Call::Function { name, argument } => format!("{name}({})", serde_json::to_string(&argument).unwrap()),
    }
}

/// What is made of an answer, given as text: the status, headers, an empty line, the body.
pub(crate) fn heard(adapter: &dyn Adapter, step: &Step<Json>, file: &File, text: &str) -> Result<Reply<Json>, Failed> {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let (status, headers) = head.split_once('\n').unwrap_or((head, ""));
    let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap();
    let response = Response {
        status: status.parse().unwrap(),
        headers: headers.lines().map(header).collect(),
        text: body.to_owned(),
        json: serde_json::from_str(body).ok(),
        at: NOON,
    };
    adapter.reply(step, &Answer::Http { request: request(adapter, step, file), response })
}
