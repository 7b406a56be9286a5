//! A request on its way, and what it travels on.

use super::How;
use super::words::{Ask, Said};
use std::collections::VecDeque;
use upslice::core::{Carrier, Failed, Origin, Step, TaskId, UploadId};

/// What requests travel on.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// One way, in milliseconds.
    pub(crate) latency: u64,
    /// Bytes a millisecond of one connection, and of all.
    pub(crate) per_connection: f64,
    pub(crate) total: f64,
    /// Connections that the browser opens to one origin; what is more waits.
    pub(crate) connections: usize,
    /// Bytes that count as sent because the socket holds them.
    pub(crate) socket: u64,
    /// How long a function of the app takes.
    pub(crate) function: u64,
    /// Whether a network that is down swallows what is sent instead of saying so.
    pub(crate) swallows: bool,
    /// One connection of each origin that is slower than the others, and how fast it is beside them.
    pub(crate) slow: Option<(usize, f64)>,
    /// What becomes of all rates, and when: the first is the next.
    pub(crate) weather: VecDeque<(u64, f64)>,
    /// What has become of them.
    pub(crate) factor: f64,
    /// Parts under way at once that the store bears; it asks more of them for patience.
    pub(crate) crowd: Option<usize>,
    /// Whether it reads such a part all the same before it says so.
    pub(crate) reads_crowd: bool,
    /// For how many seconds it asks for patience, if it says so.
    pub(crate) patience: Option<u64>,
    /// How long the store thinks before it answers a part.
    pub(crate) think: u64,
    /// Until when bytes have moved.
    pub(crate) flowed: u64,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            latency: 20,
            per_connection: 2_000.0,
            total: 20_000.0,
            connections: 6,
            socket: 256 << 10,
            function: 5,
            swallows: false,
            slow: None,
            weather: VecDeque::new(),
            factor: 1.0,
            crowd: None,
            reads_crowd: false,
            patience: None,
            think: 0,
            flowed: 0,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) enum Stage {
    /// Behind the browser's connections.
    Queued,
    /// On its way to the service, the body aside.
    Opening(u64),
    Sending,
    /// Its end is on the way.
    Ending(u64, Box<End>),
    /// Nothing will ever come.
    Hung,
}

#[derive(Clone, Debug)]
pub(super) enum End {
    Said(Said),
    Failed(Failed),
}

#[derive(Clone, Debug)]
pub(super) struct Request<K> {
    pub(super) upload: UploadId,
    pub(super) task: TaskId,
    pub(super) origin: Option<Origin>,
    pub(super) step: Step<K>,
    pub(super) ask: Ask,
    pub(super) is_api: bool,
    pub(super) size: u64,
    pub(super) began: u64,
    pub(super) how: Option<How>,
    pub(super) body: u64,
    pub(super) carrier: Carrier,
    pub(super) stage: Stage,
    /// Which of its origin's connections it has.
    pub(super) lane: usize,
    pub(super) sent: f64,
    pub(super) told: u64,
    pub(super) head_at: u64,
    pub(super) cancelled: bool,
}

impl<K> Request<K> {
    pub(super) const fn shift(&mut self, millis: u64) {
        match &mut self.stage {
            Stage::Opening(at) | Stage::Ending(at, _) => *at += millis,
            Stage::Queued | Stage::Sending | Stage::Hung => {}
        }
    }

    /// The byte after which it goes wrong, or its last one.
    pub(super) fn stop(&self) -> f64 {
        match self.how {
            Some(How::Drop(share) | How::Stall(share)) => (self.body as f64 * share).floor(),
            _ => self.body as f64,
        }
    }

    /// The byte whose leaving is told next, as far as anybody sees it.
    pub(super) fn tells_at(&self, socket: u64) -> Option<f64> {
        let grain = (64 << 10).max(self.body / 64).min(256 << 10);
        let next = (self.told + grain).min(self.body);
        (self.carrier == Carrier::Xhr && self.told < self.body).then(|| next.saturating_sub(socket) as f64)
    }
}
