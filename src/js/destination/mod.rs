//! Destinations in: which service, where it lives, and what the app brings along for it.

mod custom;
mod here;
mod s3;
mod services;

use super::options::Checksum;
use super::read::{Fields, Refused, unread, wrong};
use crate::browser::app::{App, Headers, header_pairs, threw};
use crate::browser::source::Source;
use crate::browser::sys;
use crate::core::{ErrorCode, Origin};
use crate::protocol::{Adapter, Checksums, File, SERVICES, has_any, leads_elsewhere, origin};
use js_sys::{Array, Function, Object, Reflect};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{RequestCredentials, Url};

/// What is wrong with an id that no address can have.
pub(super) const ELSEWHERE: &str = "neither `.` nor `..` can be part of an address, which a browser takes for a way through \
                                    its path: give the id as the service has it";

/// An adapter, and what the app brings along for it.
type Destination = (Box<dyn Adapter>, App);

/// Reads the destination of an upload; or, without a `source`, of what has no file.
pub(super) fn read(
    fields: &Fields<'_>,
    source: Option<&Source>,
    file: &mut File,
    checksum: Checksum,
) -> Result<Destination, Refused> {
    let missing = || fields.wrong("to", "a destination is expected, like s3({ endpoint })");
    let to = fields.get("to")?.filter(JsValue::is_object).ok_or_else(missing)?;
    let own = |name: &str| Reflect::get(&to, &name.into()).map_err(|thrown| wrong("to", &unread(&thrown)));
    let (kind, options) = (own("kind")?.as_string(), own("options")?);
    let about = About { source, file, checksum };
    match kind.as_deref() {
        Some("s3") if options.is_object() => s3::read(&options, about),
        Some("s3") => Err(takes("s3", "{ endpoint }, or { create, sign, complete, … }")),
        Some(kind) if SERVICES => other(kind, &options, about).unwrap_or_else(|| Err(missing())),
        Some(kind) => {
            let way_out =
                "is not in the module that `init` was given, which has S3 alone; give it upslice/upslice.wasm";
            Err(wrong("to", &format!("{kind} {way_out}")))
        }
        None => Err(missing()),
    }
}

/// A service beside S3; `None` if there is no such.
fn other(kind: &str, options: &JsValue, about: About<'_>) -> Option<Result<Destination, Refused>> {
    let is_given = options.is_object();
    let fields = match kind {
        "twelvelabs" if is_given => return Some(services::twelvelabs(options, about)),
        "twelvelabs" => "{ headers, type, … }",
        "veza" if is_given => return Some(services::veza(options, about)),
        "veza" => "{ baseUrl, providerId, dataSourceId, headers }",
        "gjirafa" if is_given => return Some(services::gjirafa(options, about)),
        "gjirafa" => "{ baseUrl, projectId, headers }",
        "here" if is_given => return Some(here::read(options, about)),
        "here" => "{ baseUrl, layerId, dataHandle, headers }",
        "subworkflow" if is_given => return Some(services::subworkflow(options, about)),
        "subworkflow" => "{ jobType, headers }",
        "custom" if is_given => return Some(custom::read(options, about)),
        "custom" => "{ create, part, complete, … }",
        _ => return None,
    };
    Some(Err(takes(kind, fields)))
}

fn takes(kind: &str, fields: &str) -> Refused {
    wrong("to", &format!("{kind} takes {fields}"))
}

/// Reads a destination that is asked something, without a file.
pub(super) fn read_alone(to: &JsValue) -> Result<Destination, Refused> {
    let options = Object::new();
    // A plain object of our own: setting a field of it cannot fail.
    let _ = Reflect::set(&options, &"to".into(), to);
    let fields = Fields::new(&options, "", &["to"])?;
    let mut file = File { name: "blob".into(), kind: String::new(), size: 0, metadata: Vec::new() };
    read(&fields, None, &mut file, Checksum::Auto)
}

/// What a destination is read for.
struct About<'a> {
    source: Option<&'a Source>,
    file: &'a mut File,
    checksum: Checksum,
}

impl About<'_> {
    /// Those of S3 and its like.
    const fn checksums(&self) -> Checksums {
        match self.checksum {
            Checksum::Auto => Checksums::Signed,
            Checksum::None => Checksums::Never,
            Checksum::Of(algorithm) => Checksums::Of(algorithm),
        }
    }

    /// For a service that takes no digest.
    fn without_checksum(&self) -> Result<(), Refused> {
        match self.checksum {
            Checksum::Auto | Checksum::None => Ok(()),
            Checksum::Of(_) => Err(wrong("checksum", "\"auto\" or \"none\" is expected: this service takes no digest")),
        }
    }
}

/// The functions of an object, as what stands for a service's API.
fn functions(options: &JsValue) -> App {
    App {
        functions: Some(options.clone().unchecked_into()),
        headers: None,
        credentials: RequestCredentials::SameOrigin,
        thrown: RefCell::default(),
        kept: Rc::default(),
    }
}

/// What the app brings along for a service's API.
fn api(fields: &Fields<'_>) -> Result<App, Refused> {
    origins(fields)?;
    Ok(App {
        functions: None,
        headers: headers(fields)?,
        credentials: credentials(fields)?,
        thrown: RefCell::default(),
        kept: Rc::default(),
    })
}

/// The address of an API, made absolute by the browser.
fn address(fields: &Fields<'_>, name: &str, like: &str) -> Result<String, Refused> {
    let wrong = || fields.wrong(name, &format!("an http or https URL without a query is expected, like \"{like}\""));
    let given = fields.text(name)?.filter(|text| !text.trim_ascii().is_empty()).ok_or_else(wrong)?;
    let url = match sys::base_url() {
        Some(base) => Url::new_with_base(&given, &base),
        None => Url::new(&given),
    };
    let url = url.map_err(|_| wrong())?;
    let is_http = matches!(url.protocol().as_str(), "http:" | "https:");
    let href = url.href();
    let is_bare = !has_any(&href, b"?#") && url.username().is_empty() && url.password().is_empty();
    if is_http && is_bare { Ok(href) } else { Err(wrong()) }
}

fn headers(fields: &Fields<'_>) -> Result<Option<Headers>, Refused> {
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

fn credentials(fields: &Fields<'_>) -> Result<RequestCredentials, Refused> {
    let words = [
        ("omit", RequestCredentials::Omit),
        ("same-origin", RequestCredentials::SameOrigin),
        ("include", RequestCredentials::Include),
    ];
    Ok(fields.word("credentials", &words)?.unwrap_or(RequestCredentials::SameOrigin))
}

/// Origins beside the API's that may have the app's headers.
fn origins(fields: &Fields<'_>) -> Result<Vec<Origin>, Refused> {
    let Some(given) = fields.get("origins")? else { return Ok(Vec::new()) };
    let wrong = || fields.wrong("origins", "an array of origins is expected, like [\"https://blob.example\"]");
    let list = given.dyn_ref::<Array>().ok_or_else(wrong)?;
    let mut origins = Vec::new();
    for item in list.iter() {
        origins.push(item.as_string().and_then(|text| origin(&text)).ok_or_else(wrong)?);
    }
    Ok(origins)
}

/// The address of the vendor's API, unless another one is named.
fn vendor(fields: &Fields<'_>, vendor: &str) -> Result<String, Refused> {
    match fields.get("baseUrl")? {
        Some(_) => address(fields, "baseUrl", vendor),
        None => Ok(vendor.to_owned()),
    }
}

/// An id that must be there, and is a segment of the service's address.
fn needed(fields: &Fields<'_>, name: &str, rule: &str) -> Result<String, Refused> {
    let id = fields.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| fields.wrong(name, rule))?;
    if leads_elsewhere(&id) { Err(fields.wrong(name, ELSEWHERE)) } else { Ok(id) }
}

/// What a function of the app that is given the file gives for an option, or the option itself. Where there is no file, a
/// function gives nothing.
fn given(fields: &Fields<'_>, name: &str, source: Option<&Source>) -> Result<Option<JsValue>, Refused> {
    let Some(given) = fields.get(name)? else { return Ok(None) };
    match given.dyn_ref::<Function>() {
        Some(function) => source
            .map(|source| {
                function
                    .call1(&JsValue::UNDEFINED, source.blob())
                    .map_err(|thrown| Refused::new(ErrorCode::Callback, threw(name, &thrown), Some(thrown)))
            })
            .transpose(),
        None => Ok(Some(given)),
    }
}
