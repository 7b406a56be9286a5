//! What is on the disk of one upload, as the package's journal has it there: what an adapter lets be written, and
//! receipts that are written a moment after they came.

use std::fmt::Debug;
use upslice::core::{Change, Ledger, Origin};

#[derive(Clone, Debug)]
pub(crate) struct Journal<K> {
    session: Option<(K, u64, Option<Origin>)>,
    /// With the moment in which each came; those that are on their way to the disk came at the beginning of time.
    receipts: Vec<(u64, u32, K)>,
    is_closing: bool,
}

impl<K: Clone + Debug> Journal<K> {
    /// What there is of an upload that goes on from a ledger.
    pub(crate) fn of(ledger: &Ledger<K>, remember: impl Fn(&K) -> Option<K>) -> Self {
        let mut journal = Self { session: None, receipts: Vec::new(), is_closing: false };
        if let Some((session, part_size)) = ledger.session().cloned() {
            let remembered = remember(&session);
            journal.note(0, &Change::Opened { session, part_size, seat: ledger.seat().cloned() }, remembered);
            for (index, receipt) in ledger.clone().into_receipts() {
                journal.note(0, &Change::Stored { index, receipt }, None);
            }
            journal.is_closing = ledger.is_closing();
        }
        journal
    }

    /// Writes a change down.
    pub(crate) fn note(&mut self, now: u64, change: &Change<K>, remembered: Option<K>) {
        match change {
            Change::Opened { part_size, seat, .. } => {
                self.receipts.clear();
                self.is_closing = false;
                self.session = remembered.map(|session| (session, *part_size, seat.clone()));
            }
            Change::Stored { index, receipt } => self.receipts.push((now, *index, receipt.clone())),
            Change::Closing | Change::Refused => {
                self.flush();
                self.is_closing = matches!(change, Change::Closing);
            }
            Change::Closed => {
                self.receipts.clear();
                self.is_closing = false;
                self.session = None;
            }
        }
        let written = match change {
            Change::Opened { .. } => format!("{:?}", self.session),
            Change::Stored { receipt, .. } => format!("{receipt:?}"),
            Change::Closing | Change::Refused | Change::Closed => String::new(),
        };
        assert!(!written.contains("secret"), "a secret is written down: {written}");
    }

    /// Writes what has waited: before the service hears that all is there.
    pub(crate) fn flush(&mut self) {
        self.receipts.iter_mut().for_each(|(at, ..)| *at = 0);
    }

    /// Receipts that were not written before then.
    pub(crate) fn lost_after(&self, until: u64) -> usize {
        self.receipts.iter().filter(|(at, ..)| *at > until).count()
    }

    /// What a later visit finds.
    pub(crate) fn recalled(&self, until: u64, recall: impl Fn(&K) -> Option<K>) -> Ledger<K> {
        let mut ledger = Ledger::default();
        let Some((session, part_size, seat)) = self.session.clone() else { return ledger };
        let Some(session) = recall(&session) else { return ledger };
        ledger.apply(Change::Opened { session, part_size, seat });
        for (_, index, receipt) in self.receipts.iter().filter(|(at, ..)| *at <= until).cloned() {
            ledger.apply(Change::Stored { index, receipt });
        }
        if self.is_closing {
            ledger.apply(Change::Closing);
        }
        ledger
    }
}
