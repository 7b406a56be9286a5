//! Tickets, asked for in batches just ahead of use.

use super::super::instant::millis_of;
use super::super::link::CONNECTIONS;
use super::super::part::{Pass, Standing};
use super::super::watch::Purpose;
use super::super::{Digests, Error, Event, Failed, Failure, Now, Origins, Preparing, Reply, Step, Ticket};
use super::restarting::FORGOTTEN;
use super::{Phase, Upload};
use std::time::Duration;

/// What is attempted, as errors say it.
const SIGNING: &str = "signing parts";

impl<K: Clone> Upload<K> {
    /// Asks for tickets while fewer than two rounds of them are in hand or under way.
    pub(super) fn sign_ahead(&mut self, now: Now, origins: &mut Origins) {
        let Phase::Sending { session } = &self.phase else { return };
        if self.rules.preparing() == Preparing::Nothing {
            return;
        }
        let session = session.clone();
        let slots = self.slots();
        loop {
            let asked = self.count(|purpose| matches!(purpose, Purpose::Prepare(_)));
            let most = if self.batch == 1 { slots as usize } else { 1 };
            let stock = self.in_stock();
            if self.paused
                || asked >= most
                || stock >= self.wanted_stock(slots)
                || !self.may_call(now, origins, self.signing.until)
            {
                return;
            }
            let batch = self.fitting_batch(now) as usize;
            let (mut parts, mut ranges, mut digests) = (Vec::new(), Vec::new(), Vec::new());
            for index in self.queues.unsigned.iter() {
                if parts.len() == batch {
                    break;
                }
                if self.queues.preparing.insert(index) {
                    parts.push(index);
                    ranges.push(self.plan.part(index));
                    match &self.parts[index as usize].digest {
                        Some(digest) if self.rules.digests == Digests::First => digests.push(digest.clone()),
                        _ => {}
                    }
                }
            }
            let Some(first) = parts.first().copied() else { return };
            let task = self.task(Purpose::Prepare(parts));
            let attempt = self.parts[first as usize].spent + 1;
            let step = Step::Prepare { session: session.clone(), parts: ranges, digests, attempt };
            self.run(now.instant, origins, step, task);
        }
    }

    /// Tickets in hand or asked for.
    fn in_stock(&self) -> usize {
        // Those that ask for a digest wait for it.
        let undigested = match self.rules.digests {
            Digests::Asked | Digests::Expected => self.queues.undigested.len() + self.being_digested(),
            Digests::Never | Digests::First => 0,
        };
        self.queues.ready.len() + self.queues.preparing.len() + undigested
    }

    /// Tickets in hand or asked for that are enough: two rounds of them, or one more than there are free slots where each
    /// attempt has its own, which should be fresh. Where only what is digested can be signed, one round: the next one is
    /// being digested meanwhile, and goes as one batch.
    fn wanted_stock(&self, slots: u32) -> usize {
        match self.rules.preparing() {
            Preparing::Each => (slots as usize + 1).saturating_sub(self.in_flight()),
            _ if self.rules.digests == Digests::First => slots as usize,
            Preparing::Tickets { .. } | Preparing::Nothing => 2 * slots as usize,
        }
    }

    /// Parts at once, as far as this upload has a say.
    pub(super) fn slots(&self) -> u32 {
        self.config.concurrency.unwrap_or(CONNECTIONS)
    }

    /// As many as can be sent in half the life of a ticket, at the rate so far; the adapter's batch at most.
    fn fitting_batch(&self, now: Now) -> u32 {
        let (Some(life), Some(since)) = (self.ticket_life, self.sending_since) else { return self.batch };
        let spent = millis_of(now.instant.since(since)).max(1);
        if self.stored == 0 {
            return self.batch;
        }
        let fit = u64::from(self.stored).saturating_mul(millis_of(life / 2)) / spent;
        u32::try_from(fit).unwrap_or(u32::MAX).max(self.slots()).min(self.batch)
    }

    /// Tickets have come, or not.
    pub(super) fn prepared(
        &mut self,
        now: Now,
        origins: &mut Origins,
        parts: &[u32],
        is_second: bool,
        outcome: Result<Reply<K>, Failed>,
        outage: bool,
    ) {
        for index in parts {
            self.queues.preparing.remove(*index);
        }
        let mut why = "";
        let failed = match outcome {
            Ok(Reply::Prepared(tickets)) => {
                let mut without = Vec::new();
                for index in parts {
                    if tickets.iter().all(|(with, _)| with != index) {
                        without.push(*index);
                    }
                }
                self.take_tickets(now, tickets);
                if self.reckon_later(&without) || without.len() < parts.len() {
                    self.signing = super::Errand::default();
                    return;
                }
                // A service that signs what is missing only holds parts of which nobody has a receipt: without it nothing
                // can be completed.
                if self.may_be_there(parts) {
                    why = "the service holds parts whose receipts were lost";
                }
                Failed::new(Failure::Nonsense, "the answer has no URL for any of the parts asked for".into())
            }
            Ok(_) => Failed::new(Failure::Nonsense, "the answer was taken for another step's".into()),
            Err(failed) => failed,
        };
        if failed.failure == Failure::OneByOne && self.batch > 1 {
            self.batch = 1;
            return;
        }
        if self.is_forgotten(failed.failure) {
            why = FORGOTTEN;
        }
        if !why.is_empty() && self.begin_anew(now, origins, &Error::of(&failed, SIGNING, 1), why, None) {
            return;
        }
        if is_second && self.join_last_failure(now, &failed) {
            return;
        }
        let mut signing = std::mem::take(&mut self.signing);
        if let Err(error) = self.judge(now, &mut signing, &failed, outage, SIGNING) {
            return self.fail(now, origins, error);
        }
        self.signing = signing;
        for task in self.tasks.values_mut() {
            task.is_second |= matches!(task.purpose, Purpose::Prepare(_));
        }
    }

    /// Requests that went out together fail together, of headers that died or a service that was away: that is one failure,
    /// and the next try waits for as long as the most patient of them asked. Says whether this is such a one.
    fn join_last_failure(&mut self, now: Now, failed: &Failed) -> bool {
        let asked = match failed.failure {
            Failure::NoAnswer | Failure::Silence | Failure::Server | Failure::Refused => Duration::ZERO,
            Failure::Busy { after } => after.unwrap_or_default(),
            _ => return false,
        };
        self.signing.until = self.signing.until.max(now.instant + asked);
        asked <= self.config.timeouts.outage
    }

    /// Whether any of these parts may be stored although its receipt is not in hand.
    fn may_be_there(&self, parts: &[u32]) -> bool {
        parts.iter().any(|index| self.may_be_stored(*index))
    }

    /// Whether a part may be stored although its receipt is not in hand: it was sent, by this visit or another.
    pub(super) fn may_be_stored(&self, index: u32) -> bool {
        self.resumed || self.parts[index as usize].tried
    }

    /// Puts tickets in the hands of the parts that they are for. A part in flight keeps the one it went out with.
    pub(super) fn take_tickets(&mut self, now: Now, tickets: Vec<(u32, Ticket<K>)>) {
        let mut missing = false;
        for (index, ticket) in tickets {
            let Some(part) = self.parts.get_mut(index as usize) else { continue };
            if !matches!(part.standing, Standing::Stored(_) | Standing::Sending) {
                self.ticket_life = ticket.expiry.map(|expiry| expiry.lifetime).or(self.ticket_life);
                missing |= !ticket.wants_digest;
                part.pass = Some(Pass::new(ticket, now));
                if self.queues.unsigned.remove(index) {
                    self.requeue(index);
                }
            }
        }
        if missing && self.rules.digests == Digests::Expected {
            self.rules.digests = Digests::Asked;
            let why = "the URLs that parts are sent to are signed without the checksum's header, so none can be sent";
            self.emit(Event::Unchecked(why.into()));
        }
    }

    /// Whether a request to the service's API may go out: its time has come, and the origin can be reached.
    pub(super) fn may_call(&self, now: Now, origins: &Origins, until: super::Instant) -> bool {
        until <= now.instant && self.api_opens_at(now, origins) == now.instant
    }

    /// When a request to the service's API may go out. Removing what is stored has its time, and does not wait for patience.
    pub(super) fn api_opens_at(&self, now: Now, origins: &Origins) -> super::Instant {
        let Some(link) = self.home().and_then(|api| origins.get(api)) else { return now.instant };
        if matches!(self.phase, Phase::Clearing(_)) { link.reached_at(now.instant) } else { link.opens_at(now.instant) }
    }

    /// How long a function of the app, or a request, may take for a step.
    pub(super) fn time_for(&self, closing: bool) -> Option<Duration> {
        let timeouts = &self.config.timeouts;
        match (&self.rules.api, closing) {
            // A store that takes minutes to join the parts takes them behind a function as well.
            (_, true) => timeouts.complete,
            (None, false) => timeouts.function,
            (Some(_), false) => timeouts.response,
        }
    }
}
