//! What is known of each part, and which of them wait for what.

use super::super::errand::Errand;
use super::super::instant::in_seconds;
use super::super::part::{Part, Standing};
use super::super::{Error, ErrorCode, Now, Origins, Plan, Preparing, Sizes};
use super::{Phase, Upload};

impl<K: Clone> Upload<K> {
    /// Nothing is stored, nothing is in hand.
    pub(super) fn forget_parts(&mut self) {
        let count = self.plan.parts();
        self.parts = (0..count).map(|_| Part::default()).collect();
        self.ready.clear();
        self.unsigned.clear();
        self.waiting.clear();
        self.lost.clear();
        self.preparing.clear();
        self.unproved.clear();
        self.reckoned = false;
        self.unsettled.clear();
        self.settle_by = None;
        self.settling = Errand::default();
        self.stored = 0;
        self.stored_bytes = 0;
        self.hedged_bytes = 0;
        (0..count).for_each(|index| self.requeue(index));
    }

    /// Cuts the file for the rate that is remembered of the service, if there is one and nobody has said how large parts
    /// are. That is frozen with the session.
    pub(super) fn suit(&mut self, origins: &Origins) {
        let is_free = self.config.part_size.is_none() && self.rules.sizes == Sizes::Ours;
        let link = self.rules.api.as_ref().filter(|_| is_free).and_then(|api| origins.get(api));
        let Some(rate) = link.and_then(|link| link.pace.rate()) else { return };
        if let Ok(plan) = Plan::at_rate(self.plan.size(), rate, self.slots(), &self.rules.limits) {
            self.plan = plan;
            self.forget_parts();
        }
    }

    /// A part is known to be stored.
    pub(super) fn adopt(&mut self, index: u32, receipt: K) {
        let Some(part) = self.parts.get_mut(index as usize) else { return };
        if !matches!(part.standing, Standing::Stored(_)) {
            part.standing = Standing::Stored(receipt);
            // One that may have to be sent once more may be so with what it has: some sign for missing parts only.
            part.pass.take_if(|_| !part.doubtful);
            self.ready.remove(index);
            self.unsigned.remove(index);
            self.lost.remove(index);
            self.stored += 1;
            self.stored_bytes += self.plan.part(index).size();
        }
    }

    pub(super) fn requeue(&mut self, index: u32) {
        let part = &mut self.parts[index as usize];
        part.standing = Standing::Queued;
        if part.pass.is_some() || self.rules.preparing == Preparing::Nothing {
            self.ready.insert(index);
        } else {
            self.unsigned.insert(index);
        }
    }

    /// Parts whose time has come, and those that have been without any answer for too long.
    pub(super) fn turn_parts(&mut self, now: Now, origins: &mut Origins) {
        let due: Vec<_> =
            self.waiting.iter().filter(|(_, until)| **until <= now.instant).map(|(index, _)| index).collect();
        for index in due {
            self.waiting.remove(index);
            self.requeue(index);
        }
        let lost = self.lost_at(origins).is_some_and(|at| at <= now.instant);
        if lost && !self.paused && self.ended.is_none() {
            let mut error = Error::new(
                ErrorCode::Network,
                format!(
                    "no answer from {} for {}: the network is down, the server is, or its answers carry no CORS headers for this page",
                    self.lost_origin(origins),
                    in_seconds(self.config.timeouts.outage)
                ),
            );
            error.part = self.lost.keys().min();
            if let Phase::Closing(closing) = &self.phase {
                error = closing.unproven().unwrap_or(error);
            }
            self.fail(now, origins, error);
        }
    }

    fn lost_origin(&self, origins: &Origins) -> String {
        let part = self.ready.first().and_then(|index| self.origin_of(index));
        let candidates = [part, self.home()];
        let out = candidates.into_iter().flatten().find(|origin| origins.get(origin).is_some_and(|link| link.is_out()));
        out.or(part).map_or_else(|| "the service".to_owned(), ToString::to_string)
    }
}
