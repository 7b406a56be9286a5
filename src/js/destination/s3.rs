//! S3, by a backend's address or by functions of the app.

use super::super::read::{Fields, Refused};
use super::{About, Destination, address, api, functions, given};
use crate::browser::source::Source;
use crate::browser::{sys, value};
use crate::protocol::{S3Endpoint, S3Functions};
use js_sys::Reflect;
use wasm_bindgen::prelude::*;

pub(super) fn read(options: &JsValue, about: About<'_>) -> Result<Destination, Refused> {
    if Reflect::has(options, &"endpoint".into()).unwrap_or(false) {
        let fields = Fields::new(options, "", &["endpoint", "headers", "credentials", "origins", "metadata"])?;
        let endpoint = address(&fields, "endpoint", "/s3/multipart")?;
        about.file.metadata = metadata(&fields, about.source)?;
        return Ok((Box::new(S3Endpoint::new(&endpoint).with(about.checksums())), api(&fields)?));
    }
    let fields = Fields::new(options, "", &["id", "create", "sign", "complete", "abort", "list", "verify"])?;
    let id = fields.text("id")?.or_else(sys::origin);
    for name in ["create", "sign", "complete"] {
        if fields.function(name)?.is_none() {
            return Err(fields.wrong(name, "a function is expected, or `endpoint` instead of all of them"));
        }
    }
    let adapter = S3Functions {
        id: id.unwrap_or_default(),
        list: fields.function("list")?.is_some(),
        verify: fields.function("verify")?.is_some(),
        abort: fields.function("abort")?.is_some(),
        checksums: about.checksums(),
    };
    Ok((Box::new(adapter), functions(options)))
}

/// Names and values for the object. Stores keep them as HTTP headers, so that they must be ASCII.
fn metadata(fields: &Fields<'_>, source: Option<&Source>) -> Result<Vec<(String, String)>, Refused> {
    let rule = "names with ASCII text are expected";
    let Some(given) = given(fields, "metadata", source)? else { return Ok(Vec::new()) };
    let pairs = value::to_json(&given);
    let mut metadata = Vec::new();
    for (name, value) in pairs.fields().ok_or_else(|| fields.wrong("metadata", rule))? {
        let text = value.as_text().filter(|text| text.is_ascii() && name.is_ascii());
        let text = text.ok_or_else(|| fields.wrong(&format!("metadata.{name}"), rule))?;
        metadata.push((name.clone(), text.to_owned()));
    }
    Ok(metadata)
}
