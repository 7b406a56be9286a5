//! What must survive: enough to go on from the parts that are stored.

/// One thing to remember. Changes are saved as changes, so that a receipt costs one small write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<K> {
    /// A session exists; what was known of another one is void.
    Opened {
        /// The session.
        session: K,
        /// Bytes of every part but the last, frozen with the session.
        part_size: u64,
    },
    /// A part is stored.
    Stored {
        /// Which, counted from zero.
        index: u32,
        /// Its receipt.
        receipt: K,
    },
    /// There is nothing left to take up.
    Closed,
}

/// All that is remembered of an upload: its changes, applied in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger<K> {
    session: Option<(K, u64)>,
    receipts: Vec<(u32, K)>,
}

impl<K> Default for Ledger<K> {
    fn default() -> Self {
        Self { session: None, receipts: Vec::new() }
    }
}

impl<K> Ledger<K> {
    /// Takes one more change in.
    pub fn apply(&mut self, change: Change<K>) {
        match change {
            Change::Opened { session, part_size } => {
                *self = Self { session: Some((session, part_size)), receipts: Vec::new() };
            }
            Change::Stored { index, receipt } => {
                self.receipts.push((index, receipt));
            }
            Change::Closed => *self = Self::default(),
        }
    }

    /// The session and its part size, if one was open.
    #[must_use]
    pub const fn session(&self) -> Option<&(K, u64)> {
        self.session.as_ref()
    }

    /// Takes it apart: the receipts, by part, counted from zero.
    #[must_use]
    pub fn into_receipts(self) -> Vec<(u32, K)> {
        self.receipts
    }
}
