//! What is known of each part, and which of them wait for what.

use super::super::Preparing;
use super::super::errand::Errand;
use super::super::part::{Part, Standing};
use super::Upload;

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
        (0..count).for_each(|index| self.requeue(index));
    }

    /// A part is known to be stored.
    pub(super) fn adopt(&mut self, index: u32, receipt: K) {
        let Some(part) = self.parts.get_mut(index as usize) else { return };
        if !matches!(part.standing, Standing::Stored(_)) {
            part.standing = Standing::Stored(receipt);
            part.pass = None;
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
}
