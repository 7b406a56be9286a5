//! Conversations as text: what an adapter says, and what it makes of an answer.

#![allow(dead_code)] // Each test file needs its own part of the talk.

use upslice::core::{Failed, Reply, Step, Wall};
use upslice::protocol::{Adapter, Answer, Argument, Body, Call, File, Json, Known, Question, Request, Response};

/// `Fri, 20 Nov 2026 13:37:00 GMT`
pub(crate) const NOON: Wall = Wall::from_millis(1_795_181_820_000);

pub(crate) fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

pub(crate) fn request(adapter: &dyn Adapter, step: &Step<Json>, file: &File) -> Request {
    match adapter.call(step, file).unwrap() {
        Call::Http(request) => request,
        call => panic!("{call:?}"),
    }
}

/// A request as text: the request line, headers, an empty line, the body.
pub(crate) fn written(request: &Request) -> String {
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

/// What is said, as text.
pub(crate) fn said(adapter: &dyn Adapter, step: &Step<Json>, file: &File) -> String {
    match adapter.call(step, file).unwrap() {
        Call::Http(request) => written(&request),
        Call::Function(function) => {
            let argument = |argument: &Argument| match argument {
                Argument::Data(json) => serde_json::to_string(json).unwrap(),
                Argument::Signalled(json) => format!("{} with the signal", serde_json::to_string(json).unwrap()),
                Argument::Signal => "the signal".into(),
                Argument::Kept(number) => format!("the app's own, kept under {number}"),
            };
            let arguments: Vec<_> = function.arguments.iter().map(argument).collect();
            format!("{}({})", function.name, arguments.join(", "))
        }
        Call::Digest(algorithm, form) => format!("{algorithm:?} of the part, in {form:?}"),
        Call::Combine(sums) => format!("{:?} of the whole", sums.algorithm),
    }
}

/// An answer, given as text: the status, headers, an empty line, the body.
pub(crate) fn response(text: &str) -> Response {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let (status, headers) = head.split_once('\n').unwrap_or((head, ""));
    let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap();
    Response {
        status: status.parse().unwrap(),
        headers: headers.lines().map(header).collect(),
        text: body.to_owned(),
        json: serde_json::from_str(body).ok(),
        at: NOON,
    }
}

/// What is made of an answer.
pub(crate) fn heard(adapter: &dyn Adapter, step: &Step<Json>, file: &File, text: &str) -> Result<Reply<Json>, Failed> {
    let request = request(adapter, step, file).into();
    adapter.reply(step, &Answer::Http { request, response: response(text) })
}

/// What is made of an answer to a question beside an upload.
pub(crate) fn known(adapter: &dyn Adapter, question: &Question, text: &str) -> Result<Known, Failed> {
    adapter.known(question, &adapter.ask(question).unwrap(), &response(text))
}
