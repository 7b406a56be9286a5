//! What can go wrong, as data; the verbs are [`World`]'s.

use super::{Service, World};
use std::time::Duration;
use upslice::core::{Dice, Failure, UploadId};

/// How one exchange goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum How {
    /// The connection is reset after this share of the body: no answer, no effect.
    Drop(f64),
    /// Nothing moves any more after this share of the body, and nothing ever comes.
    Stall(f64),
    /// It takes effect, and never answers.
    Mute,
    /// It takes effect, and the answer is lost.
    Lose,
    /// The service says so, and does nothing. With `Retry-After` in seconds.
    Say(u16, Option<u64>),
    /// The service says so, and has done it all the same, as gateways may.
    SayFalsely(u16),
    /// It takes effect, and a page of somebody else's comes back with a good status.
    Garble,
    /// A list lacks so many of its last parts, as one that was made before them does.
    Stale(usize),
    /// The answer comes so many milliseconds later.
    Hold(u64),
    /// Before anything is sent it fails so: the file is gone, a function threw.
    Fail(Failed),
}

/// Failures that are not the network's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Failed {
    FileChanged,
    Callback,
}

impl Failed {
    pub(super) const fn failure(self) -> Failure {
        match self {
            Self::FileChanged => Failure::FileChanged,
            Self::Callback => Failure::Callback,
        }
    }
}

/// A fault that waits for its exchange.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(super) role: &'static str,
    /// Of which part, counted from one; of any without.
    pub(super) number: Option<u32>,
    pub(super) times: u32,
    pub(super) how: How,
}

/// Faults by chance.
#[derive(Clone, Debug)]
pub(crate) struct Chaos {
    pub(crate) dice: Dice,
    /// How many exchanges of a hundred go wrong.
    pub(crate) percent: u64,
    /// Nothing goes wrong after this moment.
    pub(crate) until: u64,
    /// Nor after so many faults.
    pub(crate) budget: u32,
    /// Whether faults that no retry can mend are among them.
    pub(crate) deadly: bool,
}

impl Chaos {
    pub(super) fn throw(&mut self, now: u64, role: &str) -> Option<How> {
        if now >= self.until || self.budget == 0 || self.dice.below(100) >= self.percent {
            return None;
        }
        self.budget -= 1;
        let share = self.dice.fraction();
        if role == "list" && self.dice.below(4) == 0 {
            return Some(How::Stale(1 + self.dice.below(5) as usize));
        }
        Some(match self.dice.below(if self.deadly { 17 } else { 10 }) {
            0 | 1 => How::Drop(share),
            2 => How::Stall(share),
            3 => How::Mute,
            4 => How::Lose,
            5 => How::Say(503, Some(self.dice.below(20))),
            6 => How::Say(429, None),
            7 => How::Say(500, None),
            8 if role == "complete" => How::SayFalsely(502),
            8 | 9 => How::Hold(self.dice.below(30_000)),
            10 => How::Say(403, None),
            11 => How::Say(400, None),
            13 => How::Say(422, None),
            14 => How::Say(401, None),
            15 => How::Garble,
            // A removal is believed when it is said to be unnecessary.
            12 if role != "abort" && role != "list" => How::Say(404, None),
            _ => How::Fail(if role == "part" { Failed::FileChanged } else { Failed::Callback }),
        })
    }
}

impl<S: Service> World<S> {
    /// The next `times` exchanges of a role go wrong.
    pub(crate) fn fault(&mut self, role: &'static str, times: u32, how: How) {
        self.faults.push(Fault { role, number: None, times, how });
    }

    /// The next `times` attempts at one part, counted from one, go wrong.
    pub(crate) fn part_fault(&mut self, number: u32, times: u32, how: How) {
        self.faults.push(Fault { role: "part", number: Some(number), times, how });
    }

    /// The next `times` parts are cut off half-way.
    pub(crate) fn drop_next(&mut self, times: u32) {
        self.fault("part", times, How::Drop(0.5));
    }

    /// The next attempt at a part stops moving half-way.
    pub(crate) fn stall(&mut self, number: u32) {
        self.part_fault(number, 1, How::Stall(0.5));
    }

    /// The store asks the next `times` parts for patience.
    pub(crate) fn slow_down(&mut self, times: u32, seconds: Option<u64>) {
        self.fault("part", times, How::Say(503, seconds));
    }

    /// The next `times` parts are refused, however fresh their URLs.
    pub(crate) fn refuse(&mut self, times: u32) {
        self.fault("part", times, How::Say(403, None));
    }

    /// The next exchange of a role takes effect, and its answer is lost.
    pub(crate) fn lose_answer(&mut self, role: &'static str) {
        self.fault(role, 1, How::Lose);
    }

    /// Every exchange of a role fails, for good.
    pub(crate) fn break_for_good(&mut self, role: &'static str, how: How) {
        self.fault(role, u32::MAX, how);
    }

    /// What went wrong is over.
    pub(crate) fn mend(&mut self) {
        self.faults.clear();
    }

    /// The app's headers are good no more; it has others for what comes now.
    pub(crate) const fn token_dies(&mut self) {
        self.token_since = self.now;
    }

    /// The service forgets the session of an upload, as its housekeeping does.
    pub(crate) fn expire_session(&mut self, id: UploadId) {
        if let Some(session) = self.life(id).session.clone().filter(|session| self.store.is_open(session)) {
            self.store.forget(&session);
        }
    }

    /// Somebody else who cuts the file in another way has stored a part of an upload.
    pub(crate) fn misfit(&mut self, id: UploadId) {
        if let Some(session) = self.life(id).session.clone().filter(|session| self.store.is_open(session)) {
            self.store.misfit(&session);
            self.staled += 1;
        }
    }

    /// All URLs that are out are over.
    pub(crate) fn expire_urls(&mut self) {
        self.store.expire_urls();
    }

    /// The network is down from now on, for so long.
    pub(crate) fn go_offline(&mut self, duration: Duration) {
        self.offline_until = self.now + u64::try_from(duration.as_millis()).unwrap();
        self.cut_all();
    }

    pub(crate) const fn go_online(&mut self) {
        self.offline_until = 0;
    }

    pub(super) fn fault_for(&mut self, role: &'static str, number: Option<u32>, is_function: bool) -> Option<How> {
        let is_disk = matches!(role, "receipt" | "digest");
        let at = self.faults.iter().position(|fault| {
            fault.role == role && (fault.number.is_none() || fault.number == number) && fault.times > 0
        });
        if let Some(at) = at {
            self.faults[at].times -= 1;
            return Some(self.faults[at].how);
        }
        let now = self.now;
        if is_disk {
            // Nothing comes between a page and a disk, but that the file is gone.
            let fault = self.chaos.as_mut().filter(|chaos| chaos.deadly).and_then(|chaos| chaos.throw(now, role));
            return fault.map(|_| How::Fail(Failed::FileChanged));
        }
        let throws_to_retry = self.service.throws_to_retry();
        let chaos = self.chaos.as_mut()?;
        match chaos.deadly || !is_function {
            true => chaos.throw(now, role),
            // What a function does wrong is final, unless it says otherwise.
            false if throws_to_retry => chaos.throw(now, role).map(|_| How::Say(500, None)),
            false => None,
        }
    }
}
