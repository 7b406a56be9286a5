//! Receipts that were lost on their way, where they can be reckoned: a service that signs what is missing only has a part
//! that it does not sign, and what it calls that part follows from its bytes.

use super::super::watch::{Purpose, Task};
use super::super::{Change, Instant, Now, Origins, Output, Step};
use super::{Phase, Upload};

impl<K: Clone> Upload<K> {
    /// The service signs none of these parts. Says whether the receipts of some are going to be reckoned.
    pub(super) fn reckon_later(&mut self, parts: &[u32]) -> bool {
        let mut any = false;
        for index in parts {
            if self.rules.reckons() && self.may_be_stored(*index) && self.queues.unsigned.remove(*index) {
                self.queues.unproved.insert(*index);
                any = true;
            }
        }
        any
    }

    /// Reckons one receipt after the other: the disk is busy with the parts that are sent.
    pub(super) fn reckon(&mut self, now: Now, origins: &mut Origins) {
        if !self.rules.reckons() {
            return;
        }
        let (Phase::Sending { session }, Some(index)) = (&self.phase, self.queues.unproved.first()) else { return };
        if self.paused || self.count(|purpose| matches!(purpose, Purpose::Reckon(_))) > 0 {
            return;
        }
        let step = Step::Reckon { session: session.clone(), part: self.plan.part(index) };
        self.queues.unproved.remove(index);
        self.reckoned = true;
        let task = Task { origin: None, ..self.task(Purpose::Reckon(index)) };
        self.run(now.instant, origins, step, task);
    }

    /// A receipt was reckoned. The app is told of parts that are sent, and this one was.
    pub(super) fn part_reckoned(&mut self, now: Instant, index: u32, receipt: K) {
        self.adopt(index, receipt.clone());
        self.outputs.push(Output::Save(Change::Stored { index, receipt }));
        self.sample(now);
        self.close_if_whole();
    }
}
