//! Destinations in: which service, where it lives, and what the app brings along for it.

use super::read::{Fields, Refused, unread, wrong};
use crate::browser::app::{App, Headers, header_pairs};
use crate::browser::source::Source;
use crate::browser::{sys, value};
use crate::core::{Error, ErrorCode};
use crate::protocol::{Adapter, File, Gjirafa, S3Endpoint, S3Functions, Subworkflow, Veza};
use js_sys::{Function, Reflect};
use std::cell::RefCell;
use wasm_bindgen::prelude::*;
use web_sys::{RequestCredentials, Url};

/// An adapter, and what the app brings along for it.
type Destination = (Box<dyn Adapter>, App);

/// Reads the destination of an upload.
pub(super) fn read(fields: &Fields<'_>, source: &Source, file: &mut File) -> Result<Destination, Refused> {
    let missing = || fields.wrong("to", "a destination is expected, like s3({ endpoint })");
    let to = fields.get("to")?.filter(JsValue::is_object).ok_or_else(missing)?;
    let own = |name: &str| Reflect::get(&to, &name.into()).map_err(|thrown| wrong("to", &unread(&thrown)));
    let (kind, options) = (own("kind")?.as_string(), own("options")?);
    match kind.as_deref() {
        Some("s3") if options.is_object() => s3(&options, source, file),
        Some("gjirafa") if options.is_object() => gjirafa(&options),
        Some("gjirafa") => Err(wrong("to", "gjirafa takes { baseUrl, projectId, headers }").into()),
        Some("veza") if options.is_object() => veza(&options),
        Some("veza") => Err(wrong("to", "veza takes { baseUrl, providerId, dataSourceId, headers }").into()),
        Some("subworkflow") if options.is_object() => subworkflow(&options),
        Some("subworkflow") => Err(wrong("to", "subworkflow takes { jobType, headers }").into()),
        Some("s3") => Err(wrong("to", "s3 takes { endpoint }, or { create, sign, complete, … }").into()),
        _ => Err(missing().into()),
    }
}

fn s3(options: &JsValue, source: &Source, file: &mut File) -> Result<Destination, Refused> {
    if Reflect::has(options, &"endpoint".into()).unwrap_or(false) {
        let fields = Fields::new(options, "", &["endpoint", "headers", "credentials", "origins", "metadata"])?;
        let endpoint = address(&fields, "endpoint", "/s3/multipart")?;
        file.metadata = metadata(&fields, source)?;
        return Ok((Box::new(S3Endpoint::new(&endpoint)), api(&fields)?));
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

fn gjirafa(options: &JsValue) -> Result<Destination, Refused> {
    let known = [
        "baseUrl",
        "projectId",
        "headers",
        "credentials",
        "origins",
        "urlExpiryHours",
        "enableDuplicateCheck",
        "fileHash",
    ];
    let fields = Fields::new(options, "", &known)?;
    let project_id = fields.text("projectId")?.filter(|text| !text.is_empty());
    let hours = fields.whole("urlExpiryHours", 1, "1 to 168 hours are expected")?;
    let adapter = Gjirafa {
        base_url: address(&fields, "baseUrl", "https://vp.example")?,
        project_id: project_id.ok_or_else(|| fields.wrong("projectId", "the id of a project is expected"))?,
        url_expiry_hours: match hours.map(u32::try_from) {
            None => None,
            Some(Ok(hours @ ..=168)) => Some(hours),
            Some(_) => return Err(fields.wrong("urlExpiryHours", "1 to 168 hours are expected").into()),
        },
        duplicate_check: fields.flag("enableDuplicateCheck")?,
        file_hash: fields.text("fileHash")?,
    };
    if adapter.duplicate_check && adapter.file_hash.is_none() {
        return Err(fields.wrong("fileHash", "enableDuplicateCheck needs it").into());
    }
    Ok((Box::new(adapter), api(&fields)?))
}

fn veza(options: &JsValue) -> Result<Destination, Refused> {
    let known = ["baseUrl", "providerId", "dataSourceId", "headers", "credentials", "origins"];
    let fields = Fields::new(options, "", &known)?;
    let id = |name| {
        let given = fields.text(name)?.filter(|text| !text.is_empty());
        given.ok_or_else(|| fields.wrong(name, "an id is expected"))
    };
    let adapter = Veza {
        base_url: address(&fields, "baseUrl", "https://tenant.vezacloud.example")?,
        provider_id: id("providerId")?,
        data_source_id: id("dataSourceId")?,
    };
    Ok((Box::new(adapter), api(&fields)?))
}

fn subworkflow(options: &JsValue) -> Result<Destination, Refused> {
    let known = ["baseUrl", "jobType", "expiresInDays", "headers", "credentials", "origins"];
    let fields = Fields::new(options, "", &known)?;
    let vendor = "https://api.subworkflow.ai/v1";
    let job_type = fields.word("jobType", &[("extract", "extract"), ("vectorize", "vectorize")])?;
    let adapter = Subworkflow {
        base_url: match fields.get("baseUrl")? {
            Some(_) => address(&fields, "baseUrl", vendor)?,
            None => vendor.to_owned(),
        },
        job_type: job_type.ok_or_else(|| fields.wrong("jobType", "\"extract\" or \"vectorize\" is expected"))?,
        expires_in_days: fields.days("expiresInDays")?,
    };
    Ok((Box::new(adapter), api(&fields)?))
}

/// What the app brings along for a service's API.
fn api(fields: &Fields<'_>) -> Result<App, Error> {
    Ok(App {
        functions: None,
        headers: headers(fields)?,
        credentials: credentials(fields)?,
        thrown: RefCell::default(),
    })
}

/// The address of an API, made absolute by the browser.
fn address(fields: &Fields<'_>, name: &str, like: &str) -> Result<String, Error> {
    let wrong = || fields.wrong(name, &format!("an http or https URL without a query is expected, like \"{like}\""));
    let given = fields.text(name)?.filter(|text| !text.trim().is_empty()).ok_or_else(wrong)?;
    let url = match sys::here() {
        Some(here) => Url::new_with_base(&given, &here),
        None => Url::new(&given),
    };
    let url = url.map_err(|_| wrong())?;
    let is_http = matches!(url.protocol().as_str(), "http:" | "https:");
    let is_bare = !url.href().contains(['?', '#']) && url.username().is_empty() && url.password().is_empty();
    if is_http && is_bare { Ok(url.href()) } else { Err(wrong()) }
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
