//! Parts: which one is next, and what follows from its end.

use super::super::link::Link;
use super::super::part::Standing;
use super::super::watch::{Along, Purpose, Task};
use super::super::{Change, Error, Event, Failed, Failure, Instant, Now, Numbers, Origins, Output, Preparing, Step};
use super::restarting::FORGOTTEN;
use super::{Phase, Upload};
use std::time::Duration;

/// URLs that may be refused before it is believed: the first, and two fresh ones.
const REFUSALS: u32 = 3;

/// Failures without an answer on one URL before another one is asked for: an answer without CORS headers, a
/// store's 403 among them, looks just like that.
const UNANSWERED: u32 = 2;

impl<K: Clone> Upload<K> {
    /// Whether a part could go out now.
    pub(in crate::core) fn is_ready(&mut self, now: Now, origins: &Origins) -> bool {
        if self.paused || !matches!(self.phase, Phase::Sending { .. }) {
            return false;
        }
        // Where there is no room, tickets are not looked at either: fresh ones would only grow stale again.
        let first = self.queues.ready.first();
        first.is_some_and(|index| self.has_room(now, origins, index))
            && self.next_part(now).is_some_and(|index| self.has_room(now, origins, index))
    }

    pub(super) fn has_room(&self, now: Now, origins: &Origins, index: u32) -> bool {
        let own = self.in_flight();
        let is_wanted = self.config.concurrency.is_none_or(|most| own < most as usize);
        let link = self.origin_of(index).and_then(|origin| origins.get(origin));
        let is_open =
            |link: &Link| link.has_room(self.config.concurrency, own) && link.opens_at(now.instant) == now.instant;
        is_wanted && link.is_none_or(is_open) && !self.waits_for_doubt(index)
    }

    /// The first queued part that has what it needs. Tickets that have gone stale are dropped on the way.
    pub(super) fn next_part(&mut self, now: Now) -> Option<u32> {
        while let Some(index) = self.queues.ready.first() {
            let part = &mut self.parts[index as usize];
            if part.pass.take_if(|pass| pass.is_stale(now)).is_none() {
                return Some(index);
            }
            self.queues.ready.remove(index);
            self.requeue(index);
        }
        None
    }

    /// Sends the next part. The page calls this when [`Self::is_ready`].
    pub(in crate::core) fn send_next(&mut self, now: Now, origins: &mut Origins) {
        if let Some(index) = self.next_part(now) {
            self.queues.ready.remove(index);
            self.send(now, origins, index);
        }
    }

    /// Sends a part that has what it needs.
    pub(super) fn send(&mut self, now: Now, origins: &mut Origins, index: u32) {
        let Phase::Sending { session } = &self.phase else { return };
        let session = session.clone();
        let range = self.plan.part(index);
        let carrier = self.carrier(origins, index);
        let along = self.along(index);
        let origin = self.origin_of(index).cloned();
        let part = &mut self.parts[index as usize];
        part.standing = Standing::Sending;
        part.tried = true;
        let stalls = part.stalls + self.silences;
        let digest = part.digest.clone().filter(|_| along == Along::Digest);
        let ticket = part.pass.as_mut().map(|pass| {
            pass.used = true;
            pass.keep.clone()
        });
        if self.rules.preparing() == Preparing::Each {
            part.pass = None;
        }
        self.sending_since.get_or_insert(now.instant);
        let task = Task { origin, size: range.size(), carrier, along, stalls, ..self.task(Purpose::Send(index)) };
        self.run(now.instant, origins, Step::Send { session, part: range, ticket, digest, carrier }, task);
        self.sample(now.instant);
    }

    /// A part's receipt is in hand.
    pub(super) fn part_stored(&mut self, now: Instant, origins: &mut Origins, task: &Task, index: u32, receipt: K) {
        if let Some(origin) = &task.origin {
            let took = if task.slept { Duration::ZERO } else { now.since(task.began) };
            let may_widen = self.may_widen() && !task.slept;
            let link = origins.link(origin);
            link.stored(now, task.began, task.size, took);
            link.try_more(now, task, may_widen);
            // The next file for the service is cut by that, before anybody knows where its parts will go.
            let at_once = Some(link.reach.known());
            if let Some(home) = &self.rules.api {
                let pace = &mut origins.link(home).pace;
                pace.at_once = at_once;
                if home != origin {
                    pace.note(task.size, took);
                }
            }
        }
        self.recall_other(origins, index);
        self.adopt(index, receipt.clone());
        self.settle_later(now, index);
        // What lets one part through is in reach of the others.
        self.queues.lost.clear();
        // What was refused before was refused for its time, and that may come again.
        self.refused = false;
        self.outputs.push(Output::Save(Change::Stored { index, receipt: receipt.clone() }));
        self.emit(Event::Part { part: self.plan.part(index), receipt });
        self.sample(now);
        self.close_if_whole();
    }

    /// An attempt at a part failed: what follows is the decision table of [`Failure`].
    pub(super) fn part_failed(
        &mut self,
        now: Now,
        origins: &mut Origins,
        task: &Task,
        index: u32,
        failed: &Failed,
        outage: bool,
    ) {
        if self.leave_to_the_other(now, origins, task, index, failed) {
            return;
        }
        self.meter.forget();
        if failed.failure == Failure::Corrupt {
            self.distrust(index);
        }
        if failed.failure == Failure::DigestRefused {
            let why = format!("{}: the store takes no checksum with a part, so none is sent any more", failed.words);
            self.go_without_digests(origins, why);
            if self.rules.numbers() == Numbers::Reusable {
                return self.requeue(index);
            }
        }
        if self.rules.numbers() == Numbers::Once {
            if !self.start_over(now, origins, task, index, failed) {
                self.fail_part(now, origins, index, failed);
            }
            return;
        }
        if self.is_forgotten(failed.failure) {
            let error = self.part_error(index, failed);
            if self.begin_anew(now, origins, &error, FORGOTTEN, None) {
                return;
            }
        }
        if failed.status.is_some() {
            // What answers one part is in reach of the others; that may not go on for ever, as each such answer counts.
            self.queues.lost.clear();
        }
        let has_ticket = self.rules.preparing() != Preparing::Nothing;
        match &failed.failure {
            Failure::NoAnswer => {
                self.doubt_ticket(now, index);
                // One whose bytes were on their way again has seen the last outage end: this is another one, and such
                // may follow each other for ever.
                if outage && !(task.sent > 0 && self.queues.lost.get(index).is_some()) {
                    let since = self.queues.lost.get(index).copied().unwrap_or(now.instant);
                    self.queues.lost.insert(index, since);
                    self.requeue(index);
                } else if !outage && !std::mem::replace(&mut self.parts[index as usize].cut, true) {
                    let delay = self.config.retry.delay(1, None, &mut self.dice);
                    self.wait(index, now.instant + delay);
                } else {
                    self.spend(now, origins, index, failed, None);
                }
            }
            Failure::Silence => {
                self.parts[index as usize].stalls += 1;
                if let Some(origin) = &task.origin {
                    origins.link(origin).timed_out(now.instant, task.began);
                }
                self.spend(now, origins, index, failed, None);
            }
            Failure::Busy { after } => {
                if after.is_some_and(|after| after > self.config.timeouts.outage) {
                    return self.fail_part(now, origins, index, failed);
                }
                let delay = self.spend(now, origins, index, failed, *after);
                if let (Some(delay), Some(origin)) = (delay, &task.origin) {
                    origins.link(origin).throttled(now.instant, task, delay);
                }
            }
            Failure::Server | Failure::Vague | Failure::Corrupt => {
                self.spend(now, origins, index, failed, None);
            }
            Failure::Refused if has_ticket => {
                let part = &mut self.parts[index as usize];
                // A URL whose time was up says nothing about the next one.
                let expired = part.pass.as_ref().is_some_and(|pass| pass.ends_within(now, Duration::ZERO));
                part.refusals += u32::from(!expired);
                part.lapses += u32::from(expired);
                if part.refusals >= REFUSALS || part.lapses >= REFUSALS.max(self.config.retry.limit) {
                    return self.fail_part(now, origins, index, failed);
                }
                let minted = part.pass.take().map_or(now.instant, |pass| pass.minted);
                // Those signed with it will be refused as well.
                for queued in std::mem::take(&mut self.queues.ready).iter() {
                    self.parts[queued as usize].pass.take_if(|pass| pass.minted <= minted);
                    self.requeue(queued);
                }
                self.requeue(index);
            }
            // A token may have died: the next try has fresh headers.
            Failure::Refused if self.parts[index as usize].refusals == 0 => {
                self.parts[index as usize].refusals = 1;
                self.requeue(index);
            }
            Failure::Refused
            | Failure::Gone
            | Failure::Rejected
            | Failure::Failed
            | Failure::Nonsense
            | Failure::OneByOne
            | Failure::DigestRefused
            | Failure::Callback
            | Failure::FileChanged => self.fail_part(now, origins, index, failed),
        }
    }

    /// A URL on which there was no answer twice, or near its end, is not used again.
    fn doubt_ticket(&mut self, now: Now, index: u32) {
        let part = &mut self.parts[index as usize];
        part.pass.take_if(|pass| {
            pass.unanswered += 1;
            pass.unanswered >= UNANSWERED || pass.is_stale(now)
        });
    }

    /// Counts a failed attempt. Returns how long the part waits, unless that was the last one.
    fn spend(
        &mut self,
        now: Now,
        origins: &mut Origins,
        index: u32,
        failed: &Failed,
        asked: Option<Duration>,
    ) -> Option<Duration> {
        let part = &mut self.parts[index as usize];
        part.spent += 1;
        let spent = part.spent;
        self.queues.lost.remove(index);
        if spent > self.config.retry.limit {
            self.fail_part(now, origins, index, failed);
            return None;
        }
        let delay = self.config.retry.delay(spent, asked, &mut self.dice);
        self.wait(index, now.instant + delay);
        let error = self.part_error(index, failed);
        self.emit(Event::Retry { error, attempt: spent, delay });
        self.sample(now.instant);
        Some(delay)
    }

    pub(super) fn part_error(&self, index: u32, failed: &Failed) -> Error {
        let range = self.plan.part(index);
        let attempts = self.parts[index as usize].spent.max(1);
        let subject = format!("part {} of {} (bytes {}..{})", index + 1, self.plan.parts(), range.start, range.end);
        let mut error = Error::of(failed, &subject, attempts);
        error.part = Some(index);
        error
    }

    fn fail_part(&mut self, now: Now, origins: &mut Origins, index: u32, failed: &Failed) {
        let error = self.part_error(index, failed);
        self.fail(now, origins, error);
    }
}
