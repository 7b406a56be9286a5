//! Options in. Whatever is wrong is told by its name, and nothing is ignored: an option that this version does not
//! know is an error, never a silent no-op.

use super::read::{Fields, Refused, unread, wrong};
use crate::browser::app::{App, Headers, header_pairs};
use crate::browser::source::Source;
use crate::browser::{sys, value};
use crate::core::{Config, Error, ErrorCode, Retry, Timeouts, Transport};
use crate::protocol::{Adapter, File, S3Endpoint, S3Functions};
use js_sys::{Function, Reflect};
use std::cell::RefCell;
use std::time::Duration;
use wasm_bindgen::prelude::*;
use web_sys::{RequestCredentials, Url};

/// All that the options say.
pub(super) struct Options {
    pub(super) config: Config,
    pub(super) adapter: Box<dyn Adapter>,
    pub(super) file: File,
    pub(super) source: Source,
    pub(super) app: App,
}

const KNOWN: [&str; 15] = [
    "to",
    "name",
    "type",
    "partSize",
    "concurrency",
    "checksum",
    "retry",
    "stallTimeout",
    "responseTimeout",
    "outageTimeout",
    "transport",
    "resumable",
    "worker",
    "signal",
    "onProgress",
];

/// Reads the options of one upload.
pub(super) fn read(file: &JsValue, options: &JsValue) -> Result<Options, Refused> {
    let source = Source::new(file).ok_or_else(|| wrong("file", "a File or a Blob is expected"))?;
    if !options.is_object() {
        return Err(wrong("to", "options with a destination are expected, like { to: s3({ endpoint }) }").into());
    }
    let fields = Fields::new(options, "", &KNOWN)?;
    fields.function("onProgress")?;
    let own = |name| Reflect::get(file, &JsValue::from_str(name)).ok().and_then(|value| value.as_string());
    let named = |value: Option<String>| value.filter(|text| !text.is_empty());
    let mut file = File {
        name: named(fields.text("name")?).or_else(|| named(own("name"))).unwrap_or_else(|| "blob".into()),
        kind: named(fields.text("type")?)
            .or_else(|| named(own("type")))
            .unwrap_or_else(|| "application/octet-stream".into()),
        size: source.size(),
        metadata: Vec::new(),
    };
    let (adapter, app) = destination(&fields, &source, &mut file)?;
    Ok(Options { config: config(&fields)?, adapter, file, source, app })
}

fn config(fields: &Fields<'_>) -> Result<Config, Error> {
    let later = "is not available in this version";
    if fields.get("resumable")?.is_some_and(|value| value.is_truthy()) {
        return Err(fields.wrong("resumable", later));
    }
    if fields.get("worker")?.is_some_and(|value| value.is_truthy()) {
        return Err(fields.wrong("worker", later));
    }
    fields.word("checksum", &[("auto", ()), ("none", ())])?;
    let transports = [("auto", Transport::Auto), ("fetch", Transport::Fetch), ("xhr", Transport::Xhr)];
    let transport = match fields.word("transport", &transports)?.unwrap_or(Transport::Auto) {
        Transport::Xhr if !sys::has_xhr() => {
            return Err(fields.wrong("transport", "there is no XMLHttpRequest here; use \"auto\" or \"fetch\""));
        }
        Transport::Auto if !sys::has_xhr() => Transport::Fetch,
        transport => transport,
    };
    let concurrency = fields.auto("concurrency")?.map(|parts| u32::try_from(parts).unwrap_or(u32::MAX));
    Ok(Config {
        part_size: fields.auto("partSize")?,
        concurrency,
        retry: retry(fields)?,
        timeouts: timeouts(fields)?,
        transport,
    })
}

fn retry(fields: &Fields<'_>) -> Result<Retry, Error> {
    let Some(object) = fields.get("retry")? else { return Ok(Retry::default()) };
    if !object.is_object() {
        return Err(fields.wrong("retry", "{ limit, minDelay, maxDelay } is expected"));
    }
    let fields = Fields::new(&object, "retry.", &["limit", "minDelay", "maxDelay"])?;
    let default = Retry::default();
    let limit = fields.whole("limit", 0, "a whole number, zero or more, is expected")?;
    Ok(Retry {
        limit: limit.map_or(default.limit, |limit| u32::try_from(limit).unwrap_or(u32::MAX)),
        min_delay: fields.millis("minDelay")?.unwrap_or(default.min_delay),
        max_delay: fields.millis("maxDelay")?.unwrap_or(default.max_delay),
    })
}

fn timeouts(fields: &Fields<'_>) -> Result<Timeouts, Error> {
    let default = Timeouts::default();
    // Zero is for ever, where that is allowed.
    let limit = |given: Option<Duration>, default| match given {
        None => default,
        Some(Duration::ZERO) => None,
        given => given,
    };
    let response = fields.millis("responseTimeout")?;
    Ok(Timeouts {
        stall: limit(fields.millis("stallTimeout")?, default.stall),
        response: limit(response, default.response),
        complete: limit(response, default.complete),
        function: limit(response, default.function),
        outage: fields.millis("outageTimeout")?.unwrap_or(default.outage),
    })
}

fn destination(fields: &Fields<'_>, source: &Source, file: &mut File) -> Result<(Box<dyn Adapter>, App), Refused> {
    let missing = || fields.wrong("to", "a destination is expected, like s3({ endpoint })");
    let to = fields.get("to")?.filter(JsValue::is_object).ok_or_else(missing)?;
    let own = |name: &str| Reflect::get(&to, &name.into()).map_err(|thrown| wrong("to", &unread(&thrown)));
    let (kind, options) = (own("kind")?.as_string(), own("options")?);
    match kind.as_deref() {
        Some("s3") if options.is_object() => s3(&options, source, file),
        Some("s3") => Err(wrong("to", "s3 takes { endpoint }, or { create, sign, complete, … }").into()),
        _ => Err(missing().into()),
    }
}

fn s3(options: &JsValue, source: &Source, file: &mut File) -> Result<(Box<dyn Adapter>, App), Refused> {
    if Reflect::has(options, &"endpoint".into()).unwrap_or(false) {
        let fields = Fields::new(options, "", &["endpoint", "headers", "credentials", "origins", "metadata"])?;
        let endpoint = endpoint(&fields)?;
        file.metadata = metadata(&fields, source)?;
        let app = App {
            functions: None,
            headers: headers(&fields)?,
            credentials: credentials(&fields)?,
            thrown: RefCell::default(),
        };
        return Ok((Box::new(S3Endpoint::new(&endpoint)), app));
    }
    let fields = Fields::new(options, "", &["id", "create", "sign", "complete", "abort", "list", "verify"])?;
    fields.text("id")?;
    for name in ["create", "sign", "complete"] {
        if fields.function(name)?.is_none() {
            return Err(fields.wrong(name, "a function is expected, or `endpoint` instead of all of them").into());
        }
    }
    let adapter = S3Functions {
        list: fields.function("list")?.is_some(),
        verify: fields.function("verify")?.is_some(),
        abort: fields.function("abort")?.is_some(),
    };
    let app = App {
        functions: Some(options.clone().unchecked_into()),
        headers: None,
        credentials: RequestCredentials::SameOrigin,
        thrown: RefCell::default(),
    };
    Ok((Box::new(adapter), app))
}

/// The address of a backend, made absolute by the browser.
fn endpoint(fields: &Fields<'_>) -> Result<String, Error> {
    let rule = "an http or https URL without a query is expected, like \"/s3/multipart\"";
    let given = fields.text("endpoint")?.filter(|text| !text.trim().is_empty());
    let given = given.ok_or_else(|| fields.wrong("endpoint", rule))?;
    let url = match sys::here() {
        Some(here) => Url::new_with_base(&given, &here),
        None => Url::new(&given),
    };
    let url = url.map_err(|_| fields.wrong("endpoint", rule))?;
    let is_http = matches!(url.protocol().as_str(), "http:" | "https:");
    let is_bare = !url.href().contains(['?', '#']) && url.username().is_empty() && url.password().is_empty();
    if is_http && is_bare { Ok(url.href()) } else { Err(fields.wrong("endpoint", rule)) }
}

fn headers(fields: &Fields<'_>) -> Result<Option<Headers>, Error> {
    let Some(given) = fields.get("headers")? else { return Ok(None) };
    if given.is_function() {
        return Ok(Some(Headers::Asked(given.unchecked_into::<Function>())));
    }
    let pairs = header_pairs(&given).map_err(|name| match name {
        Some(name) => fields.wrong(&format!("headers.{name}"), "text is expected"),
        None => fields.wrong("headers", "an object of names and values, or a function that gives one, is expected"),
    })?;
    Ok(Some(Headers::Fixed(pairs)))
}

fn credentials(fields: &Fields<'_>) -> Result<RequestCredentials, Error> {
    let words = [
        ("omit", RequestCredentials::Omit),
        ("same-origin", RequestCredentials::SameOrigin),
        ("include", RequestCredentials::Include),
    ];
    Ok(fields.word("credentials", &words)?.unwrap_or(RequestCredentials::SameOrigin))
}

/// Names and values for the object. Stores keep them as HTTP headers, so that they must be ASCII.
fn metadata(fields: &Fields<'_>, source: &Source) -> Result<Vec<(String, String)>, Refused> {
    let Some(given) = fields.get("metadata")? else { return Ok(Vec::new()) };
    let rule = "names with ASCII text are expected";
    let given = match given.dyn_ref::<Function>() {
        Some(function) => function.call1(&JsValue::UNDEFINED, source.blob()).map_err(|thrown| {
            let words = format!("your function `metadata` threw: {}", value::words_of(&thrown));
            Refused(Error::new(ErrorCode::Callback, words), Some(thrown))
        })?,
        None => given,
    };
    let pairs = value::to_json(&given);
    let pairs = pairs.fields().ok_or_else(|| fields.wrong("metadata", rule))?;
    let pair = |(name, value): &(String, crate::protocol::Json)| {
        let text = value.as_text().filter(|text| text.is_ascii() && name.is_ascii());
        let wrong = || fields.wrong(&format!("metadata.{name}"), rule).into();
        text.map(|text| (name.clone(), text.to_owned())).ok_or_else(wrong)
    };
    pairs.iter().map(pair).collect()
}
