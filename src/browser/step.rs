//! One step, carried out.

use super::body;
use super::driver::Live;
use super::exchange::{Outgoing, exchange};
use crate::core::{Carrier, Failed, Failure, PartRange, Reply, Step};
use crate::protocol::{Answer, Body, Call, Json, Request};
use web_sys::Blob;

/// Carries out a step of an upload: asks its adapter what to send, sends it, asks what the answer means.
pub(super) async fn carry_out(
    live: &Live,
    step: &Step<Json>,
    on_sent: impl FnMut(u64) + 'static,
) -> Result<Reply<Json>, Failed> {
    let answer = match live.adapter.call(step, &live.file)? {
        Call::Http(request) => send(live, step, request, on_sent).await?,
        Call::Function { name, argument } => Answer::Value(live.app.call(name, &argument).await?),
    };
    live.adapter.reply(step, &answer)
}

async fn send(
    live: &Live,
    step: &Step<Json>,
    request: Request,
    on_sent: impl FnMut(u64) + 'static,
) -> Result<Answer, Failed> {
    let (part, carrier) = match step {
        Step::Send { part, carrier, .. } => (Some(part), *carrier),
        _ => (None, Carrier::Fetch),
    };
    let carried = match part {
        Some(part) => Some(carried(live, part, &request.body).await.ok_or_else(unreadable)?),
        None => None,
    };
    let on_sent = of_the_file(on_sent, part, carried.as_ref());
    let apps = if request.is_api { live.app.headers().await? } else { Vec::new() };
    let outgoing = Outgoing::new(request, &apps, carried, live.app.credentials)?;
    let outcome = exchange(&outgoing, carrier, on_sent).await;
    if let (Err(Failed { failure: Failure::NoAnswer, .. }), Some(part)) = (&outcome, part)
        && !live.source.is_readable(part).await
    {
        return Err(unreadable());
    }
    outcome.map(|response| Answer::Http { request: outgoing.request, response })
}

/// The Blob that carries a part: the slice itself, or one with the bytes transformed.
async fn carried(live: &Live, part: &PartRange, body: &Body) -> Option<Blob> {
    match body {
        Body::Base64Json { fields, field } => body::base64_json(&live.source, part, fields, field).await,
        Body::Empty | Body::Json(_) | Body::Slice => live.source.slice(part),
    }
}

/// What has left of a body, as so much of the file: a transformed one is longer.
fn of_the_file(
    mut on_sent: impl FnMut(u64) + 'static,
    part: Option<&PartRange>,
    carried: Option<&Blob>,
) -> impl FnMut(u64) + 'static {
    let size = part.map_or(0, PartRange::size);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A Blob's size is a whole number below 2^53.
    let body = carried.map_or(0, |blob| blob.size() as u64).max(1);
    move |bytes| on_sent(if body == size { bytes } else { bytes.saturating_mul(size) / body })
}

fn unreadable() -> Failed {
    let words = "the file cannot be read any more: it was changed, moved or deleted since it was chosen";
    Failed::new(Failure::FileChanged, words.into())
}
