//! Options in. Whatever is wrong is told by its name, and nothing is ignored: an option that this version does not
//! know is an error, never a silent no-op.

use super::destination;
use super::read::{Fields, Refused, wrong};
use crate::browser::app::App;
use crate::browser::source::Source;
use crate::browser::sys;
use crate::core::{Config, Preparing, Retry, Timeouts, Transport};
use crate::protocol::{Adapter, Algorithm, File};
use js_sys::Reflect;
use std::time::Duration;
use wasm_bindgen::prelude::*;

/// All that the options say.
pub(super) struct Options {
    pub(super) config: Config,
    pub(super) adapter: Box<dyn Adapter>,
    pub(super) file: File,
    pub(super) source: Source,
    pub(super) app: App,
}

const KNOWN: [&str; 16] = [
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
    "handle",
    "worker",
    "signal",
    "onProgress",
];

/// A digest that goes with each part.
#[derive(Clone, Copy)]
pub(super) enum Checksum {
    /// What the service recommends, if it does.
    Auto,
    None,
    Of(Algorithm),
}

const CHECKSUMS: [(&str, Checksum); 7] = [
    ("auto", Checksum::Auto),
    ("none", Checksum::None),
    ("crc32c", Checksum::Of(Algorithm::Crc32c)),
    ("crc64nvme", Checksum::Of(Algorithm::Crc64Nvme)),
    ("md5", Checksum::Of(Algorithm::Md5)),
    ("sha1", Checksum::Of(Algorithm::Sha1)),
    ("sha256", Checksum::Of(Algorithm::Sha256)),
];

/// Reads the options of one upload.
pub(super) fn read(file: &JsValue, options: &JsValue) -> Result<Options, Refused> {
    let source = Source::new(file).ok_or_else(|| wrong("file", "a File or a Blob is expected"))?;
    if !options.is_object() {
        return Err(wrong("to", "options with a destination are expected, like { to: s3({ endpoint }) }"));
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
    let checksum = fields.word("checksum", &CHECKSUMS)?.unwrap_or(Checksum::Auto);
    let (adapter, app) = destination::read(&fields, Some(&source), &mut file, checksum)?;
    let config = config(&fields)?;
    if config.transport == Transport::Xhr && adapter.rules().preparing() == Preparing::Nothing && app.headers.is_some()
    {
        let rule = "parts of this service carry your `headers`, and XMLHttpRequest cannot be kept from taking them along \
                    a redirect; use \"auto\" or \"fetch\"";
        return Err(fields.wrong("transport", rule));
    }
    Ok(Options { config, adapter, file, source, app })
}

fn config(fields: &Fields<'_>) -> Result<Config, Refused> {
    resumable(fields)?;
    // What the package's pool is made of: the package reads it by itself.
    let is_way = |way: &JsValue| way.as_bool().is_some() || way.is_function() || way.has_type::<web_sys::Url>();
    if fields.get("worker")?.is_some_and(|way| !is_way(&way)) {
        return Err(fields.wrong("worker", "true, false, a URL or a function that makes a Worker is expected"));
    }
    let transports = [("auto", Transport::Auto), ("fetch", Transport::Fetch), ("xhr", Transport::Xhr)];
    let transport = match fields.word("transport", &transports)?.unwrap_or(Transport::Auto) {
        Transport::Xhr if !sys::has_xhr() => {
            return Err(fields.wrong("transport", "there is no XMLHttpRequest here; use \"auto\" or \"fetch\""));
        }
        Transport::Auto if !sys::has_xhr() => Transport::Fetch,
        transport => transport,
    };
    // No file has more parts that are worth sending at once, and twice as many can still be counted in 32 bits.
    let concurrency = fields.auto("concurrency")?.map(|parts| parts.min(10_000) as u32);
    Ok(Config {
        part_size: fields.auto("partSize")?,
        concurrency,
        retry: retry(fields)?,
        timeouts: timeouts(fields)?,
        transport,
    })
}

/// What the package's journal is asked for: it reads these by itself.
fn resumable(fields: &Fields<'_>) -> Result<(), Refused> {
    if let Some(given) = fields.get("resumable")?.filter(|given| given.as_bool().is_none()) {
        if !given.is_object() {
            return Err(fields.wrong("resumable", "true, false or { scope, maxAge } is expected"));
        }
        let own = Fields::new(&given, "resumable.", &["scope", "maxAge"])?;
        own.text("scope")?;
        own.millis("maxAge")?;
    }
    let is_handle = |handle: &JsValue| Reflect::get(handle, &"getFile".into()).is_ok_and(|get| get.is_function());
    match fields.get("handle")? {
        Some(handle) if !is_handle(&handle) => Err(fields.wrong("handle", "a FileSystemFileHandle is expected")),
        _ => Ok(()),
    }
}

fn retry(fields: &Fields<'_>) -> Result<Retry, Refused> {
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

fn timeouts(fields: &Fields<'_>) -> Result<Timeouts, Refused> {
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
