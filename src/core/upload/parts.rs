//! What is known of each part, and which of them wait for what.

use super::super::errand::Errand;
use super::super::few::Few;
use super::super::part::{Part, Second, Standing};
use super::super::part_set::PartSet;
use super::super::{Digests, Instant, Numbers, Origin, Origins, Plan, Preparing, Sizes};
use super::{Phase, Receipts, Upload};

/// Parts by what they wait for, in one session: another one begins with empty queues.
#[derive(Clone, Debug, Default)]
pub(super) struct Queues {
    /// They have what they need, and wait for room.
    pub(super) ready: PartSet,
    /// They need a digest before anything else can be done.
    pub(super) undigested: PartSet,
    /// They need a ticket that has not been asked for.
    pub(super) unsigned: PartSet,
    /// Their tickets are being asked for.
    pub(super) preparing: PartSet,
    /// An attempt failed; the next one is at that time.
    pub(super) waiting: Few<u32, Instant>,
    /// They have had no answer at all since then, without that counting as attempts. They wait in another queue meanwhile.
    pub(super) lost: Few<u32, Instant>,
    /// They are stored, as the service has it, and their receipts are to be reckoned.
    pub(super) unproved: PartSet,
    /// They are stored, and the service wants to be told.
    pub(super) unsettled: PartSet,
}

impl<K: Clone> Upload<K> {
    /// Cuts the file anew: what was known of its parts was known of others.
    pub(super) fn cut(&mut self, plan: Plan) {
        self.plan = plan;
        self.parts.clear();
        self.forget_parts();
    }

    /// Nothing is stored, nothing is in hand but digests: they are of the file's bytes, whichever session these go into.
    pub(super) fn forget_parts(&mut self) {
        let count = self.plan.parts();
        self.parts.resize_with(count as usize, Part::default);
        for part in &mut self.parts {
            *part = Part { digest: part.digest.take(), ..Part::default() };
        }
        self.queues = Queues::default();
        self.signing = Errand::default();
        self.reckoned = false;
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
        let is_free = self.config.part_size.is_none() && self.rules.sizes() == Sizes::Ours;
        let link = self.rules.api.as_ref().filter(|_| is_free).and_then(|api| origins.get(api));
        let Some((pace, rate)) = link.and_then(|link| Some((&link.pace, link.pace.rate()?))) else { return };
        let slots = pace.at_once.filter(|_| self.may_widen()).unwrap_or(self.slots());
        if let Ok(plan) = Plan::at_rate(self.plan.size(), rate, slots, &self.rules.limits) {
            self.cut(plan);
        }
    }

    /// A part is known to be stored.
    pub(super) fn adopt(&mut self, index: u32, receipt: K) {
        let Some(part) = self.parts.get_mut(index as usize) else { return };
        if !matches!(part.standing, Standing::Stored(_)) {
            part.standing = Standing::Stored(receipt);
            // One that may have to be sent once more may be so with what it has: some sign for missing parts only.
            part.pass.take_if(|_| part.second != Second::InDoubt);
            // One that may have to go into another session is not read again for it.
            part.digest.take_if(|_| part.second != Second::InDoubt && self.rules.numbers() == Numbers::Reusable);
            self.queues.ready.remove(index);
            self.queues.unsigned.remove(index);
            self.queues.undigested.remove(index);
            self.queues.lost.remove(index);
            self.stored += 1;
            self.stored_bytes += self.plan.part(index).size();
        }
    }

    /// The parts that are stored, with their receipts, in order.
    pub(super) fn receipts(&self) -> Receipts<K> {
        let mut receipts = Vec::new();
        for index in 0..self.plan.parts() {
            if let Standing::Stored(receipt) = &self.parts[index as usize].standing {
                receipts.push((self.plan.part(index), receipt.clone()));
            }
        }
        receipts.into()
    }

    pub(super) fn requeue(&mut self, index: u32) {
        let part = &mut self.parts[index as usize];
        part.standing = Standing::Queued;
        let wants_digest = match self.rules.digests {
            Digests::Never => false,
            Digests::First => true,
            Digests::Asked | Digests::Expected => part.pass.as_ref().is_some_and(|pass| pass.wants_digest),
        };
        let queue = if wants_digest && part.digest.is_none() {
            &mut self.queues.undigested
        } else if part.pass.is_some() || self.rules.preparing() == Preparing::Nothing {
            &mut self.queues.ready
        } else {
            &mut self.queues.unsigned
        };
        queue.insert(index);
    }

    /// Parts that are still to be sent, those aside that wait for their time: what they lack is a slot, a ticket or a digest.
    pub(super) fn unsent(&self) -> usize {
        self.queues.ready.len() + self.queues.unsigned.len() + self.queues.undigested.len() + self.being_digested()
    }

    /// Counts them where they will go, or at the service's API while that is not known, if more at once may be tried with them.
    pub(in crate::core) fn count_left(&self, origins: &mut Origins) {
        let part = self.queues.ready.first().and_then(|index| self.origin_of(index));
        let mut origin = part;
        for (id, _) in self.sends() {
            origin = origin.or_else(|| self.tasks.get(id)?.origin.as_ref());
        }
        let is_sending = !self.paused && matches!(self.phase, Phase::Opening(_) | Phase::Sending { .. });
        if let Some(origin) = origin.or(self.home()).filter(|_| is_sending && self.may_widen()) {
            origins.link(origin).left += self.unsent();
        }
    }

    /// Where a part would go.
    pub(super) fn origin_of(&self, index: u32) -> Option<&Origin> {
        self.parts[index as usize].pass.as_ref().map_or(self.home(), |pass| Some(&pass.origin))
    }
}
