//! All uploads of one page, and what they share: a budget of parts in flight per origin.

use super::instant::earliest;
use super::{Few, Input, Instant, Now, Origins, Output, Progress, State, Upload};
use std::time::Duration;
use std::vec::IntoIter;

/// The name of one upload of a page. Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UploadId(u64);

/// A wake that comes so much later than asked for means that the page slept: nothing that was silent meanwhile is to
/// blame.
const SLEEP: Duration = Duration::from_secs(5);

/// The uploads of one page. An upload owns no limit: it says what it could send, and the page grants.
#[derive(Clone, Debug)]
#[must_use = "a page does nothing by itself: drain `poll`, and come back at `wake_at`"]
pub struct Page<K> {
    uploads: Few<UploadId, Upload<K>>,
    origins: Origins,
    outputs: Vec<(UploadId, Output<K>)>,
    /// Those that are being taken out.
    leaving: IntoIter<(UploadId, Output<K>)>,
    minted: u64,
    now: Now,
    promised: Option<Instant>,
}

impl<K> Default for Page<K> {
    fn default() -> Self {
        Self {
            uploads: Few::default(),
            origins: Origins::default(),
            outputs: Vec::new(),
            leaving: IntoIter::default(),
            minted: 0,
            now: Now::default(),
            promised: None,
        }
    }
}

impl<K: Clone> Page<K> {
    /// Takes an upload in. It begins with [`Input::Start`].
    pub fn add(&mut self, upload: Upload<K>) -> UploadId {
        self.minted += 1;
        let id = UploadId(self.minted);
        self.uploads.insert(id, upload);
        id
    }

    /// Puts another one in the place of an upload that has not begun: it goes on from what was remembered of it.
    pub fn replace(&mut self, id: UploadId, upload: Upload<K>) {
        if let Some(place) = self.uploads.get_mut(id).filter(|place| place.is_idle()) {
            place.make_way(upload);
        }
    }

    /// Throws an upload away, whatever it is doing; what it held is the others'.
    pub fn remove(&mut self, now: Now, id: UploadId) {
        if let Some(mut upload) = self.uploads.remove(id) {
            // A sleep that is noticed without a turn after it is noticed once more by the next call.
            self.notice_sleep(now);
            upload.leave(&mut self.origins);
            for output in upload.outputs() {
                self.outputs.push((id, output));
            }
            self.turn(now);
        }
    }

    /// Takes in what happened to one upload. An upload that is no more has nothing happen to it.
    pub fn handle(&mut self, now: Now, id: UploadId, input: Input<K>) {
        self.notice_sleep(now);
        if let Some(upload) = self.uploads.get_mut(id) {
            upload.handle(now, &mut self.origins, input);
        }
        self.turn(now);
    }

    /// Time has passed. Harmless when called too early or twice.
    pub fn tick(&mut self, now: Now) {
        self.notice_sleep(now);
        self.turn(now);
    }

    fn notice_sleep(&mut self, now: Now) {
        let late = self.promised.map_or(Duration::ZERO, |promised| now.instant.since(promised));
        if late > SLEEP {
            for upload in self.uploads.values_mut() {
                upload.slept(now.instant, late);
            }
        }
    }

    fn turn(&mut self, now: Now) {
        self.now = now;
        for upload in self.uploads.values_mut() {
            upload.turn(now, &mut self.origins);
        }
        self.call(now);
        self.origins.count_anew();
        for upload in self.uploads.values() {
            upload.count_left(&mut self.origins);
        }
        self.grant(now);
        for (id, upload) in self.uploads.iter_mut() {
            upload.tell(now);
            for output in upload.outputs() {
                self.outputs.push((id, output));
            }
        }
        self.promised = self.wake_at();
    }

    fn call(&mut self, now: Now) {
        for upload in self.uploads.values_mut() {
            upload.call(now, &mut self.origins);
        }
    }

    /// Gives free slots to whoever has the fewest parts in flight, so that nobody starves.
    fn grant(&mut self, now: Now) {
        loop {
            let mut ready: Option<&mut Upload<K>> = None;
            for upload in self.uploads.values_mut() {
                let is_ready = upload.is_ready(now, &self.origins);
                let has_fewer = |other: &&mut Upload<K>| upload.in_flight() < other.in_flight();
                if is_ready && ready.as_ref().is_none_or(has_fewer) {
                    ready = Some(upload);
                }
            }
            let Some(upload) = ready else { break };
            upload.send_next(now, &mut self.origins);
            upload.call(now, &mut self.origins);
        }
        // Only what nobody else needs is for stragglers.
        loop {
            let mut late: Option<(u32, &mut Upload<K>)> = None;
            for upload in self.uploads.values_mut() {
                let has_fewer = |(_, other): &(u32, &mut Upload<K>)| upload.in_flight() < other.in_flight();
                if late.as_ref().is_none_or(has_fewer)
                    && let Some(index) = upload.straggler(now, &self.origins)
                {
                    late = Some((index, upload));
                }
            }
            let Some((index, upload)) = late else { break };
            upload.hedge(now, &mut self.origins, index);
        }
        // Looking for the next part may have shown that all tickets in hand are stale.
        self.call(now);
    }

    /// The next thing to do, and for which upload. Drain it after every input.
    pub fn poll(&mut self) -> Option<(UploadId, Output<K>)> {
        if self.leaving.as_slice().is_empty() {
            self.leaving = std::mem::take(&mut self.outputs).into_iter();
        }
        self.leaving.next()
    }

    /// When to come back if nothing happens before.
    #[must_use = "without a timer, what waits does so for ever"]
    pub fn wake_at(&self) -> Option<Instant> {
        let mut first = None;
        for upload in self.uploads.values() {
            first = earliest(&[first, upload.wake_at(self.now, &self.origins)]);
        }
        first
    }

    /// How far an upload is.
    #[must_use]
    pub fn progress(&self, id: UploadId, now: Instant) -> Option<Progress> {
        self.uploads.get(id).map(|upload| upload.progress(now))
    }

    /// Where an upload stands.
    #[must_use]
    pub fn state(&self, id: UploadId) -> Option<State> {
        self.uploads.get(id).map(Upload::state)
    }

    /// What the uploads share, for those who want to look.
    #[must_use]
    pub const fn origins(&self) -> &Origins {
        &self.origins
    }
}
