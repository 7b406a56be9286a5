//! What TwelveLabs' answers mean.

use super::super::answer::{asked, nonsense, refusal};
use super::super::url::leads_elsewhere;
use super::super::{Body, Json, Request, Response, date, presigned, s3};
use super::{LIFETIME, MOST_HEADERS};
use crate::core::{Expiry, Failed, Failure, Reply, StoredPart, Ticket, Wall};

/// An unfinished session, in the package's words. What is not said, or is no such thing, is left out.
pub(super) fn unfinished(session: &Json) -> Option<Json> {
    let text = |name| session.text(name).map(Json::from);
    let whole = |name| session.whole(name).map(Json::from);
    let fields = [
        ("uploadId", Some(text("upload_id")?)),
        ("size", whole("total_size")),
        ("partSize", whole("chunk_size")),
        ("createdAt", text("created_at")),
        ("expiresAt", text("expires_at")),
    ];
    let field = |(name, value): (&str, Option<Json>)| Some((name.to_owned(), value?));
    Some(Json::Map(fields.into_iter().filter_map(field).collect()))
}

/// A stored chunk, in the package's words.
pub(super) fn stored(chunk: &Json) -> Option<Json> {
    let index = chunk.whole("index").filter(|_| chunk.text("status") == Some("completed"))?;
    Some(Json::object([("number", index.into())]))
}

/// The object that every good answer is.
pub(super) fn json<'a>(request: &Request, response: &'a Response) -> Result<&'a Json, Failed> {
    match &response.json {
        _ if !response.is_ok() => Err(refusal(request, response)),
        Some(json @ Json::Map(_)) => Ok(json),
        _ => Err(nonsense(request, response, "JSON was expected: is `baseUrl` the service's, with its version?")),
    }
}

pub(super) fn created(request: &Request, response: &Response, json: &Json) -> Result<Reply<Json>, Failed> {
    let names = (json.text("upload_id").filter(|id| !leads_elsewhere(id)), json.text("asset_id"));
    let (Some(upload_id), Some(asset_id), Some(chunk_size @ 1..)) = (names.0, names.1, json.whole("chunk_size")) else {
        return Err(nonsense(request, response, "`upload_id`, `asset_id` and `chunk_size` were expected"));
    };
    let size = match &request.body {
        Body::Json(said) => said.whole("total_size").unwrap_or_default(),
        _ => 0,
    };
    if json.whole("total_chunks").is_some_and(|total| total != size.div_ceil(chunk_size)) {
        return Err(nonsense(request, response, "`total_chunks` does not fit `total_size` and `chunk_size`"));
    }
    let headers = json.get("upload_headers").cloned().unwrap_or_default();
    if headers.fields().is_some_and(|fields| fields.len() > MOST_HEADERS) {
        let expected = format!("at most {MOST_HEADERS} `upload_headers` were expected");
        return Err(nonsense(request, response, &expected));
    }
    let session =
        Json::object([("uploadId", upload_id.into()), ("assetId", asset_id.into()), ("headers", headers.clone())]);
    let tickets = tickets(json, Some(&headers), response.at)?;
    Ok(Reply::Opened { session, tickets, part_size: Some(chunk_size), seat: None })
}

/// Signed URLs, by chunk. `headers` came with the session, for every chunk.
pub(super) fn tickets(json: &Json, headers: Option<&Json>, at: Wall) -> Result<Vec<(u32, Ticket<Json>)>, Failed> {
    let mut sent = headers.and_then(Json::fields).unwrap_or_default().to_vec();
    // As the vendor's own clients do: it may be among what was signed.
    if !sent.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        sent.push(("content-type".to_owned(), "application/octet-stream".into()));
    }
    let sent = Json::Map(sent);
    let urls = json.get("upload_urls").and_then(Json::items).unwrap_or_default();
    let chunk = |chunk: &Json| {
        let index = chunk.whole("chunk_index").and_then(|index| u32::try_from(index.checked_sub(1)?).ok())?;
        Some((index, chunk.text("url")?.to_owned(), chunk.text("expires_at").and_then(date::json_date)))
    };
    let ticket = |(index, url, until): (u32, String, Option<Wall>)| {
        let ticket = presigned::ticket(&url, Some(&sent), None)?;
        let life = until.map(|until| at.until(until).min(LIFETIME)).filter(|life| !life.is_zero());
        let said = Expiry { signed_at: None, lifetime: life.unwrap_or(LIFETIME) };
        Ok((index, Ticket { expiry: ticket.expiry.or(Some(said)), ..ticket }))
    };
    urls.iter().filter_map(chunk).map(ticket).collect()
}

/// The session, with the address of what it has become.
pub(super) fn located(session: &Json, url: &str) -> Json {
    session.clone().and(Some(("location", url.into())))
}

/// The chunks that a page of the status says are there, whose sizes are not said, and those that failed: nothing of them is.
/// `asked`: the page, and the chunks that those before it have named.
pub(super) fn listed(json: &Json, asked: &Json) -> Reply<Json> {
    let chunks = json.get("uploaded_chunks").and_then(Json::items).unwrap_or_default();
    let part = |chunk: &Json| {
        let index = u32::try_from(chunk.whole("index")?.checked_sub(1)?).ok()?;
        let size = match chunk.text("status")? {
            "completed" => None,
            "failed" => Some(0),
            _ => return None,
        };
        Some(StoredPart { index, size, receipt: Json::object([]) })
    };
    let parts = chunks.iter().filter_map(part).collect();
    let named = asked.get("named").and_then(Json::items).unwrap_or_default();
    let all = union(named, chunks.iter().filter_map(|chunk| chunk.whole("index")));
    // Pages end with one that is empty, or that names no other chunks, in whatever order: not everybody knows what a page
    // is. So there are no more of them than an upload has chunks.
    let page = asked.whole("page").unwrap_or(1).saturating_add(1);
    let next = || Json::object([("page", page.into()), ("named", Json::List(all.clone()))]);
    Reply::Listed { parts, next: (all.len() > named.len()).then(next) }
}

/// Numbers of chunks, and those of more chunks that are not among them, each once. What no chunk can have is left out.
fn union(named: &[Json], more: impl Iterator<Item = u64>) -> Vec<Json> {
    let mut is_missing = vec![true; s3::LIMITS.max_parts as usize];
    let mut take = |index: u64| {
        let place = index.checked_sub(1).and_then(|place| is_missing.get_mut(usize::try_from(place).ok()?));
        place.is_some_and(std::mem::take)
    };
    let all = named.iter().filter_map(Json::as_whole).chain(more);
    all.filter(|index| take(*index)).map(Json::from).collect()
}

pub(super) fn watched(request: &Request, response: &Response, json: &Json) -> Result<Reply<Json>, Failed> {
    let over = |what: &str| {
        let words = format!("{} says that the upload {what}", asked(request));
        Failed::answered(Failure::Failed, response.status, words)
    };
    match json.text("status") {
        Some("completed") => match (json.whole("uploaded_size"), json.whole("total_size")) {
            (Some(uploaded), Some(total)) if uploaded != total => {
                let words =
                    format!("{} says that the upload is complete, with {uploaded} of {total} bytes", asked(request));
                Err(Failed::answered(Failure::Corrupt, response.status, words))
            }
            _ => Ok(Reply::Closed(json.clone())),
        },
        Some("active") => Ok(Reply::Working),
        Some("failed") => Err(over("has failed")),
        Some("expired") => Err(over("has expired: sessions live for 24 hours")),
        _ => Err(nonsense(request, response, "a `status` was expected")),
    }
}
