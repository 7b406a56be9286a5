//! Services whose parts need no choice of the app's.

use super::super::read::{Fields, Refused, wrong};
use super::{About, Destination, address, api, given, needed, vendor};
use crate::browser::value;
use crate::protocol::{Gjirafa, Subworkflow, TwelveLabs, Veza};
use wasm_bindgen::prelude::*;

/// An account of TwelveLabs.
pub(super) fn twelvelabs(options: &JsValue, about: About<'_>) -> Result<Destination, Refused> {
    about.without_checksum()?;
    let known =
        ["baseUrl", "headers", "credentials", "origins", "type", "enableHls", "enableThumbnail", "userMetadata"];
    let fields = Fields::new(options, "", &known)?;
    let kinds = [("video", "video"), ("audio", "audio"), ("image", "image")];
    let said = about.file.kind.split('/').next().unwrap_or_default();
    let likely = kinds.iter().find(|(kind, _)| *kind == said).map_or("video", |(kind, _)| *kind);
    if !(1..=255).contains(&about.file.name.chars().count()) {
        return Err(wrong("name", "1 to 255 characters are expected by TwelveLabs"));
    }
    let metadata = given(&fields, "userMetadata", about.source)?.map(|given| value::to_json(&given));
    if metadata.as_ref().is_some_and(|metadata| metadata.fields().is_none()) {
        return Err(fields.wrong("userMetadata", "an object of names and values is expected"));
    }
    let adapter = TwelveLabs {
        base_url: vendor(&fields, "https://api.twelvelabs.io/v1.3")?,
        kind: fields.word("type", &kinds)?.unwrap_or(likely),
        enable_hls: fields.flag("enableHls")?,
        enable_thumbnail: fields.flag("enableThumbnail")?,
        user_metadata: metadata,
    };
    Ok((Box::new(adapter), api(&fields)?))
}

/// A data source of a Veza tenant.
pub(super) fn veza(options: &JsValue, about: About<'_>) -> Result<Destination, Refused> {
    about.without_checksum()?;
    let known = ["baseUrl", "providerId", "dataSourceId", "headers", "credentials", "origins"];
    let fields = Fields::new(options, "", &known)?;
    let adapter = Veza {
        base_url: address(&fields, "baseUrl", "https://tenant.vezacloud.example")?,
        provider_id: needed(&fields, "providerId", "an id is expected")?,
        data_source_id: needed(&fields, "dataSourceId", "an id is expected")?,
    };
    Ok((Box::new(adapter), api(&fields)?))
}

/// A project of Gjirafa VP.
pub(super) fn gjirafa(options: &JsValue, about: About<'_>) -> Result<Destination, Refused> {
    about.without_checksum()?;
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
    let hours = fields.whole("urlExpiryHours", 1, "1 to 168 hours are expected")?;
    let adapter = Gjirafa {
        base_url: address(&fields, "baseUrl", "https://vp.example")?,
        project_id: needed(&fields, "projectId", "the id of a project is expected")?,
        url_expiry_hours: match hours.map(u32::try_from) {
            None => None,
            Some(Ok(hours @ ..=168)) => Some(hours),
            Some(_) => return Err(fields.wrong("urlExpiryHours", "1 to 168 hours are expected")),
        },
        duplicate_check: fields.flag("enableDuplicateCheck")?,
        file_hash: fields.text("fileHash")?,
    };
    if adapter.duplicate_check && adapter.file_hash.is_none() {
        return Err(fields.wrong("fileHash", "enableDuplicateCheck needs it"));
    }
    Ok((Box::new(adapter), api(&fields)?))
}

/// An account of subworkflow.ai.
pub(super) fn subworkflow(options: &JsValue, about: About<'_>) -> Result<Destination, Refused> {
    about.without_checksum()?;
    let known = ["baseUrl", "jobType", "expiresInDays", "headers", "credentials", "origins"];
    let fields = Fields::new(options, "", &known)?;
    let job_type = fields.word("jobType", &[("extract", "extract"), ("vectorize", "vectorize")])?;
    let adapter = Subworkflow {
        base_url: vendor(&fields, "https://api.subworkflow.ai/v1")?,
        job_type: job_type.ok_or_else(|| fields.wrong("jobType", "\"extract\" or \"vectorize\" is expected"))?,
        expires_in_days: fields.days("expiresInDays")?,
    };
    Ok((Box::new(adapter), api(&fields)?))
}
