//! Keeps the rules, counts what they match and says what is to happen to a call.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::rule::{Fault, Rule};
use crate::edge::call::Call;

/// The rules in force.
pub(crate) struct Book {
    entries: Mutex<Vec<Entry>>,
    /// Counts the times that all faults were ended, for the connections that stall.
    amnesty: watch::Sender<u64>,
}

struct Entry {
    rule: Rule,
    count: u64,
    fired: u64,
}

/// What is to happen to one exchange. A slow line, a delay and hidden headers go together with each other and with one
/// act; of several acts the first rule's is taken, and the others have not fired.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Bytes per second of the request's body.
    pub speed: Option<u64>,
    /// Added before the answer.
    pub latency: Duration,
    /// Waited before the request takes effect.
    pub delay: Option<Duration>,
    /// Lower-case names of headers that are not exposed.
    pub hidden: Vec<String>,
    /// No CORS headers at all.
    pub bare: bool,
    /// What ends the exchange otherwise than well.
    pub act: Option<Fault>,
}

/// Word of the end of all faults.
pub(crate) struct Amnesty(watch::Receiver<u64>);

impl Amnesty {
    /// Comes back when all faults are ended.
    pub(crate) async fn granted(&self) {
        // The sender lives as long as the server.
        let _ = self.0.clone().changed().await;
    }
}

impl Default for Book {
    fn default() -> Self {
        Self { entries: Mutex::default(), amnesty: watch::Sender::new(0) }
    }
}

impl Book {
    /// Puts these rules in the place of all others; every counter begins anew.
    pub(crate) fn replace(&self, rules: Vec<Rule>) {
        *self.lock() = rules.into_iter().map(|rule| Entry { rule, count: 0, fired: 0 }).collect();
    }

    /// Ends it all, also for the connections that stall.
    pub(crate) fn clear(&self) {
        self.lock().clear();
        self.amnesty.send_modify(|count| *count += 1);
    }

    /// What is to happen to this call, and word of when it is over; counts the call.
    pub(crate) fn plan(&self, call: &Call) -> (Plan, Amnesty) {
        let mut plan = Plan::default();
        // Taken before the rules are read: whoever still meets a rule hears when it is ended.
        let amnesty = Amnesty(self.amnesty.subscribe());
        for entry in self.lock().iter_mut().filter(|entry| entry.rule.matches(call)) {
            entry.count += 1;
            if entry.rule.fires(entry.count, entry.fired) && plan.add(&entry.rule.fault) {
                entry.fired += 1;
            }
        }
        (plan, amnesty)
    }

    /// What the line adds before the answer to a preflight of this call; counts nothing.
    pub(crate) fn preflight_latency(&self, call: &Call) -> Duration {
        let mut plan = Plan::default();
        for entry in self.lock().iter().filter(|entry| entry.rule.matches_preflight(call)) {
            if matches!(entry.rule.fault, Fault::Rate { .. }) && entry.rule.fires(entry.count + 1, entry.fired) {
                plan.add(&entry.rule.fault);
            }
        }
        plan.latency
    }

    /// The fastest rate in force: new sockets need no more buffer than that.
    pub(crate) fn rate(&self) -> Option<u64> {
        let speed = |entry: &Entry| match entry.rule.fault {
            Fault::Rate { bytes_per_second, .. } => bytes_per_second,
            _ => None,
        };
        self.lock().iter().filter_map(speed).max()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        // Counters are the only thing that a panic could leave short.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plan {
    /// Takes a fault in, unless another act stands in its way.
    fn add(&mut self, fault: &Fault) -> bool {
        match fault {
            Fault::Rate { bytes_per_second, latency } => {
                self.speed = [self.speed, *bytes_per_second].into_iter().flatten().min();
                self.latency = self.latency.max(Duration::from_millis(*latency));
            }
            Fault::Delay { ms } => self.delay = self.delay.max(Some(Duration::from_millis(*ms))),
            Fault::Hide { header, cors } => {
                self.hidden.extend(header.as_ref().map(|name| name.to_lowercase()));
                self.bare |= !cors;
            }
            act if self.act.is_none() => self.act = Some(act.clone()),
            _ => return false,
        }
        true
    }
}
