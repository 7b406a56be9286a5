//! HERE's Blob service.

use super::super::options::Checksum;
use super::super::read::{Fields, Refused, wrong};
use super::{About, Destination, address, api, given, needed, origins};
use crate::protocol::{Algorithm, Here, leads_elsewhere};
use wasm_bindgen::prelude::*;

/// [The rule for handles](https://www.here.com/docs/bundle/blob-api-developer-guide/page/README.html).
const HANDLE: &str = "text, or a function that gives one for the file, of 1 to 600 letters, digits, dots and hyphens is expected, \
                      and neither `.` nor `..`";

/// A layer of a catalog.
pub(super) fn read(options: &JsValue, about: About<'_>) -> Result<Destination, Refused> {
    let known = [
        "baseUrl",
        "layerId",
        "dataHandle",
        "contentEncoding",
        "billingTag",
        "onFailedPart",
        "headers",
        "credentials",
        "origins",
    ];
    let fields = Fields::new(options, "", &known)?;
    let handle = given(&fields, "dataHandle", about.source)?.and_then(|given| given.as_string());
    let is_handle = |text: &String| {
        (1..=600).contains(&text.len())
            && !leads_elsewhere(text)
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
    };
    let tag = fields.text("billingTag")?;
    let is_tag =
        |text: &String| (4..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !tag.as_ref().is_none_or(is_tag) {
        return Err(fields.wrong("billingTag", "4 to 16 letters and digits are expected"));
    }
    let adapter = Here {
        base_url: address(
            &fields,
            "baseUrl",
            "https://blob.example/blobstore/v1/catalogs/hrn:here:data::realm:catalog",
        )?,
        origins: origins(&fields)?,
        layer_id: needed(&fields, "layerId", "the id of a layer is expected")?,
        // What has no file has its handle already.
        data_handle: handle
            .filter(is_handle)
            .or_else(|| about.source.is_none().then(String::new))
            .ok_or_else(|| fields.wrong("dataHandle", HANDLE))?,
        gzip: fields.word("contentEncoding", &[("identity", false), ("gzip", true)])?.unwrap_or(false),
        billing_tag: tag,
        resend: fields.word("onFailedPart", &[("restart", false), ("resend", true)])?.unwrap_or(false),
        is_named: fields.get("dataHandle")?.is_some_and(|handle| handle.is_string()),
        digest: match about.checksum {
            Checksum::Auto => Some(Algorithm::Crc32c),
            Checksum::None => None,
            Checksum::Of(Algorithm::Crc64Nvme) => {
                let known = "\"auto\", \"none\", \"crc32c\", \"md5\", \"sha1\" or \"sha256\" is expected: HERE takes no other digest";
                return Err(wrong("checksum", known));
            }
            Checksum::Of(algorithm) => Some(algorithm),
        },
    };
    Ok((Box::new(adapter), api(&fields)?))
}
