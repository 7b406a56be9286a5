//! Tickets, asked for in batches just ahead of use.

use super::super::instant::millis_of;
use super::super::origin::CONNECTIONS;
use super::super::part::{Pass, Standing};
use super::super::watch::Purpose;
use super::super::{Failed, Failure, Now, Origins, Preparing, Reply, Step, Ticket};
use super::{Phase, Upload};
use std::time::Duration;

impl<K: Clone> Upload<K> {
    /// Asks for tickets while fewer than two rounds of them are in hand or under way.
    pub(super) fn sign_ahead(&mut self, now: Now, origins: &mut Origins) {
        let (Phase::Sending { session }, Preparing::Tickets { .. }) = (&self.phase, self.rules.preparing) else {
            return;
        };
        let session = session.clone();
        let slots = self.slots();
        loop {
            let asked = self.tasks.values().filter(|task| matches!(task.purpose, Purpose::Prepare(_))).count();
            let most = if self.batch == 1 { slots as usize } else { 1 };
            let stock = self.ready.len() + self.preparing.len();
            if self.paused
                || asked >= most
                || stock >= 2 * slots as usize
                || !self.may_call(now, origins, self.signing.until)
            {
                return;
            }
            let batch = self.fitting_batch(now) as usize;
            let parts: Vec<u32> =
                self.unsigned.iter().filter(|index| !self.preparing.contains(*index)).take(batch).collect();
            if parts.is_empty() {
                return;
            }
            for index in &parts {
                self.preparing.insert(*index);
            }
            let ranges = parts.iter().map(|index| self.plan.part(*index)).collect();
            let task = self.task(Purpose::Prepare(parts));
            self.run(now.instant, origins, Step::Prepare { session: session.clone(), parts: ranges }, task);
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
        outcome: Result<Reply<K>, Failed>,
        outage: bool,
    ) {
        for index in parts {
            self.preparing.remove(*index);
        }
        let failed = match outcome {
            Ok(Reply::Prepared(tickets)) => {
                let any = tickets.iter().any(|(index, _)| parts.contains(index));
                self.take_tickets(now, tickets);
                if any {
                    self.signing = super::Errand::default();
                    return;
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
        let mut signing = std::mem::take(&mut self.signing);
        if let Err(error) = self.judge(now, &mut signing, &failed, outage, "signing parts") {
            return self.fail(now, origins, error);
        }
        self.signing = signing;
    }

    /// Puts tickets in the hands of the parts that they are for. A part in flight keeps the one it went out with.
    pub(super) fn take_tickets(&mut self, now: Now, tickets: Vec<(u32, Ticket<K>)>) {
        for (index, ticket) in tickets {
            let Some(part) = self.parts.get_mut(index as usize) else { continue };
            if !matches!(part.standing, Standing::Stored(_) | Standing::Sending) {
                self.ticket_life = ticket.expiry.map(|expiry| expiry.lifetime).or(self.ticket_life);
                part.pass = Some(Pass::new(ticket, now));
                if self.unsigned.remove(index) {
                    self.ready.insert(index);
                }
            }
        }
    }

    /// Whether a request to the service's API may go out: its time has come, and the origin can be reached.
    pub(super) fn may_call(&self, now: Now, origins: &Origins, until: super::Instant) -> bool {
        until <= now.instant && self.api_opens_at(now, origins) == Some(now.instant)
    }

    /// When a request to the service's API may go out.
    pub(super) fn api_opens_at(&self, now: Now, origins: &Origins) -> Option<super::Instant> {
        let link = self.rules.api.as_ref().and_then(|api| origins.get(api));
        link.map_or(Some(now.instant), |link| link.opens_at(now.instant))
    }

    /// How long a function of the app, or a request, may take for a step.
    pub(super) fn time_for(&self, closing: bool) -> Option<Duration> {
        let timeouts = &self.config.timeouts;
        match (&self.rules.api, closing) {
            (None, _) => timeouts.function,
            (Some(_), true) => timeouts.complete,
            (Some(_), false) => timeouts.response,
        }
    }
}
