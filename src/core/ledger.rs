//! What must survive: enough to go on from the parts that are stored.

use super::Origin;

/// One thing to remember. Changes are saved as changes, so that a receipt costs one small write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<K> {
    /// A session exists; what was known of another one is void.
    Opened {
        /// The session.
        session: K,
        /// Bytes of every part but the last, frozen with the session.
        part_size: u64,
        /// Where the session's own requests go, where that is not the API.
        seat: Option<Origin>,
    },
    /// A part is stored.
    Stored {
        /// Which, counted from zero.
        index: u32,
        /// Its receipt.
        receipt: K,
    },
    /// Completing is about to begin. Written before the service hears of it, since it may take effect without an answer.
    Closing,
    /// The service has said no to completing: it did not take effect. Or nobody will say whether it did, which has been told.
    Refused,
    /// There is nothing left to take up.
    Closed,
}

/// All that is remembered of an upload: its changes, applied in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger<K> {
    session: Option<(K, u64)>,
    seat: Option<Origin>,
    receipts: Vec<(u32, K)>,
    is_closing: bool,
}

impl<K> Default for Ledger<K> {
    fn default() -> Self {
        Self { session: None, seat: None, receipts: Vec::new(), is_closing: false }
    }
}

impl<K> Ledger<K> {
    /// Takes one more change in.
    pub fn apply(&mut self, change: Change<K>) {
        match change {
            Change::Opened { session, part_size, seat } => {
                *self = Self { session: Some((session, part_size)), seat, ..Self::default() };
            }
            Change::Stored { index, receipt } => {
                self.receipts.push((index, receipt));
            }
            Change::Closing => self.is_closing = true,
            Change::Refused => self.is_closing = false,
            Change::Closed => *self = Self::default(),
        }
    }

    /// The session and its part size, if one was open.
    #[must_use]
    pub const fn session(&self) -> Option<&(K, u64)> {
        self.session.as_ref()
    }

    /// Where the session's own requests go, where that is not the API.
    #[must_use]
    pub const fn seat(&self) -> Option<&Origin> {
        self.seat.as_ref()
    }

    /// Whether completing had begun, and may have taken effect.
    #[must_use]
    pub const fn is_closing(&self) -> bool {
        self.is_closing
    }

    /// Takes it apart: the receipts, by part, counted from zero.
    #[must_use]
    pub fn into_receipts(self) -> Vec<(u32, K)> {
        self.receipts
    }
}
