//! One step, carried out.

use super::body::Carried;
use super::digest;
use super::driver::Live;
use super::exchange::{OnSent, Outgoing, exchange};
use super::journal::flushed;
use crate::core::{Carrier, Failed, Failure, PartRange, Reply, Step};
use crate::protocol::{Answer, Call, Json, Request, lacks};
use futures_util::FutureExt;

/// Carries out a step of an upload: asks its adapter what to send, sends it, asks what the answer means.
///
/// What is long is waited for behind a pointer: by itself, rather than as a part of this function, it weighs less.
pub(super) async fn carry_out(live: &Live, step: &Step<Json>, on_sent: OnSent) -> Result<Reply<Json>, Failed> {
    // The last thing that a service is told is that all is there.
    if matches!(step, Step::Close { .. } | Step::Settle { .. }) {
        // Whoever sends a body looks at the file's date when it begins to read, and not again: it is looked at once more
        // after the last of them, while the disk is waited for.
        let is_unchanged = live.source.is_unchanged();
        let journal = live.journal.borrow().clone();
        flushed(journal).await;
        if !is_unchanged.await {
            return Err(unreadable());
        }
    }
    let mut answer = match live.adapter.call(step, &live.file)? {
        Call::Http(request) => send(live, step, request, on_sent).boxed_local().await?,
        Call::Function(function) => live.app.call(&function).await?,
        Call::Digest(algorithm, form) => match step {
            Step::Reckon { part, .. } | Step::Digest { part, .. } => {
                let digest = digest::of(live, part, algorithm).boxed_local().await.ok_or_else(unreadable)??;
                Answer::Digest(digest::formatted(&digest, form))
            }
            _ => return Err(lacks(live.adapter.kind(), step)),
        },
        Call::Combine(_) => return Err(lacks(live.adapter.kind(), step)),
    };
    // What follows an exchange reads what it brought.
    while let Some(call) = live.adapter.follow(step, &answer) {
        answer = match call {
            Call::Function(function) => live.app.call(&function).await?,
            Call::Combine(sums) => Answer::Combined { whole: digest::combined(&sums).await, answer: Box::new(answer) },
            Call::Http(_) | Call::Digest(..) => return Err(lacks(live.adapter.kind(), step)),
        };
    }
    live.adapter.reply(step, &answer)
}

async fn send(live: &Live, step: &Step<Json>, request: Request, on_sent: OnSent) -> Result<Answer, Failed> {
    let (part, carrier) = match step {
        Step::Send { part, carrier, .. } => (Some(part), *carrier),
        _ => (None, Carrier::Fetch),
    };
    let body = Carried::of(&request.body, live, part).await.ok_or_else(unreadable)?;
    let on_sent = of_the_file(on_sent, part, &body);
    let apps = if request.is_api { live.app.headers().await? } else { Vec::new() };
    let outgoing = Outgoing::new(request, &apps, body, live.app.credentials)?;
    let outcome = exchange(&outgoing, carrier, on_sent).await;
    if let (Err(failed), Some(part)) = (&outcome, part)
        && failed.failure == Failure::NoAnswer
        && !live.source.is_readable(part).await
    {
        return Err(unreadable());
    }
    outcome.map(|response| Answer::Http { request: Box::new(outgoing.request), response })
}

/// What has left of a body, as so much of the file: a transformed one is longer.
fn of_the_file(mut on_sent: OnSent, part: Option<&PartRange>, body: &Carried) -> OnSent {
    let size = part.map_or(0, PartRange::size);
    let travels = body.size().unwrap_or(size).max(1);
    Box::new(move |bytes| on_sent(if travels == size { bytes } else { bytes.saturating_mul(size) / travels }))
}

fn unreadable() -> Failed {
    let words = "the file cannot be read any more: it was changed, moved or deleted since it was chosen";
    Failed::new(Failure::FileChanged, words.into())
}
