//! A service that the app describes.

use super::super::options::Checksum;
use super::super::read::{Fields, Refused};
use super::{About, Destination, functions};
use crate::browser::sys;
use crate::core::{Limits, Numbers};
use crate::protocol::{Custom, Shape};
use wasm_bindgen::prelude::*;

/// JavaScript has no whole numbers beyond: nothing is larger.
const ANY: u64 = (1 << 53) - 1;

/// Where nothing is said of a number of parts: as many as S3 takes, which keeps what is remembered of each small.
const PARTS: u32 = 10_000;

/// A service by its rules and functions.
pub(super) fn read(options: &JsValue, about: About<'_>) -> Result<Destination, Refused> {
    let known =
        ["id", "body", "limits", "create", "part", "receipt", "complete", "abort", "list", "remember", "recall"];
    let fields = Fields::new(options, "", &known)?;
    let id = fields.text("id")?;
    let remembers = (fields.function("remember")?.is_some(), fields.function("recall")?.is_some());
    if remembers.0 != remembers.1 || (remembers.0 && id.is_none()) {
        return Err(fields.wrong("remember", "`id`, `remember` and `recall` are needed together"));
    }
    for name in ["create", "part", "complete"] {
        if fields.function(name)?.is_none() {
            return Err(fields.wrong(name, "a function is expected"));
        }
    }
    let shapes = [("raw", Shape::Raw), ("base64-json", Shape::Base64Json), ("form-data", Shape::FormData)];
    let adapter = Custom {
        shape: fields.word("body", &shapes)?.unwrap_or(Shape::Raw),
        receipt: fields.function("receipt")?.is_some(),
        abort: fields.function("abort")?.is_some(),
        list: fields.function("list")?.is_some(),
        id: id.filter(|_| remembers.0),
        here: sys::base_url().unwrap_or_default(),
        checksum: match about.checksum {
            Checksum::Of(algorithm) => Some(algorithm),
            Checksum::Auto | Checksum::None => None,
        },
        ..limited(&fields)?
    };
    Ok((Box::new(adapter), functions(options)))
}

/// What the service allows; without a word, anything.
fn limited(fields: &Fields<'_>) -> Result<Custom, Refused> {
    let given = fields.get("limits")?.unwrap_or_else(|| js_sys::Object::new().into());
    if !given.is_object() {
        let known = "{ minPartSize, maxPartSize, maxParts, maxSize, maxConcurrency, reuseNumbers } is expected";
        return Err(fields.wrong("limits", known));
    }
    let known = ["minPartSize", "maxPartSize", "maxParts", "maxSize", "maxConcurrency", "reuseNumbers"];
    let fields = Fields::new(&given, "limits.", &known)?;
    let whole = |name| fields.whole(name, 1, "a whole number above zero is expected");
    let count = |name| Ok::<_, Refused>(whole(name)?.map(|count| u32::try_from(count).unwrap_or(u32::MAX)));
    let limits = Limits {
        min_part_size: whole("minPartSize")?.unwrap_or(1),
        max_part_size: whole("maxPartSize")?.unwrap_or(ANY),
        max_parts: count("maxParts")?.unwrap_or(PARTS),
        max_size: whole("maxSize")?.unwrap_or(ANY),
        empty_parts: Some(1),
    };
    if limits.min_part_size > limits.max_part_size {
        return Err(fields.wrong("maxPartSize", "no less than `minPartSize` is expected"));
    }
    let reuse = fields.get("reuseNumbers")?.is_none() || fields.flag("reuseNumbers")?;
    Ok(Custom {
        limits,
        most_at_once: count("maxConcurrency")?,
        numbers: if reuse { Numbers::Reusable } else { Numbers::Once },
        shape: Shape::Raw,
        receipt: false,
        abort: false,
        list: false,
        id: None,
        here: String::new(),
        checksum: None,
    })
}
