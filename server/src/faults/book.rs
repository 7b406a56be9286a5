//! Keeps the rules, counts what they match and says what is to happen to a call.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::rule::{Dip, Fault, Rule};
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
    /// When the first matching request came.
    began: Option<Instant>,
    /// The connections that carried a matching request, in the order in which they first did.
    connections: Vec<u64>,
}

/// What is to happen to one exchange. A slow line, a delay and hidden headers go together with each other and with one
/// act; of several acts the first rule's is taken, and the others have not fired.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Bytes per second of the request's body.
    pub speed: Option<u64>,
    /// A while in which the body is read slower still.
    pub dip: Option<Slowdown>,
    /// Added before the answer.
    pub latency: Duration,
    /// Waited before the request takes effect.
    pub delay: Option<Duration>,
    /// Lower-case names of headers that are not exposed.
    pub hidden: Vec<String>,
    /// Headers that preflights do not allow.
    pub forbidden: Vec<String>,
    /// No CORS headers at all.
    pub bare: bool,
    /// What ends the exchange otherwise than well.
    pub act: Option<Fault>,
}

/// When a line is slower than it is otherwise, and how slow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slowdown {
    /// From here on.
    pub from: Instant,
    /// Until here.
    pub until: Instant,
    /// Bytes per second.
    pub speed: u64,
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
        *self.lock() = rules
            .into_iter()
            .map(|rule| Entry { rule, count: 0, fired: 0, began: None, connections: Vec::new() })
            .collect();
    }

    /// How often each rule has fired, in their order.
    pub(crate) fn fired(&self) -> Vec<u64> {
        self.lock().iter().map(|entry| entry.fired).collect()
    }

    /// Ends it all, also for the connections that stall.
    pub(crate) fn clear(&self) {
        self.lock().clear();
        self.amnesty.send_modify(|count| *count += 1);
    }

    /// What is to happen to this call on this connection, and word of when it is over; counts the call.
    pub(crate) fn plan(&self, call: &Call, connection: u64) -> (Plan, Amnesty) {
        let mut plan = Plan::default();
        // Taken before the rules are read: whoever still meets a rule hears when it is ended.
        let amnesty = Amnesty(self.amnesty.subscribe());
        for entry in self.lock().iter_mut().filter(|entry| entry.rule.matches(call)) {
            if !entry.takes_place_on(connection) {
                continue;
            }
            entry.count += 1;
            let began = *entry.began.get_or_insert_with(Instant::now);
            if entry.rule.fires(entry.count, entry.fired) && plan.add(&entry.rule.fault, began) {
                entry.fired += 1;
            }
        }
        (plan, amnesty)
    }

    /// What is to happen to a preflight of this call: what the line adds, and what is not allowed. Counts nothing.
    pub(crate) fn preflight(&self, call: &Call) -> Plan {
        let mut plan = Plan::default();
        for entry in self.lock().iter().filter(|entry| entry.rule.matches_preflight(call)) {
            let is_of_preflights = matches!(entry.rule.fault, Fault::Rate { .. } | Fault::Forbid { .. });
            if is_of_preflights && entry.rule.fires(entry.count + 1, entry.fired) {
                plan.add(&entry.rule.fault, Instant::now());
            }
        }
        plan
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

impl Entry {
    /// Whether the rule is for this connection, which counts from now on.
    fn takes_place_on(&mut self, connection: u64) -> bool {
        let Some(nth) = self.rule.connection else { return true };
        if !self.connections.contains(&connection) {
            self.connections.push(connection);
        }
        self.connections.get(nth - 1) == Some(&connection)
    }
}

impl Plan {
    /// Takes a fault in, whose rule first matched at `began`, unless another act stands in its way.
    fn add(&mut self, fault: &Fault, began: Instant) -> bool {
        match fault {
            Fault::Rate { bytes_per_second, latency, dip } => {
                self.dip = self.dip.or_else(|| {
                    let Dip { after_ms, for_ms, bytes_per_second: speed } = (*dip)?;
                    let from = began + Duration::from_millis(after_ms);
                    Some(Slowdown { from, until: from + Duration::from_millis(for_ms), speed })
                });
                self.speed = [self.speed, *bytes_per_second].into_iter().flatten().min();
                self.latency = self.latency.max(Duration::from_millis(*latency));
            }
            Fault::Delay { ms } => self.delay = self.delay.max(Some(Duration::from_millis(*ms))),
            Fault::Forbid { header } => self.forbidden.push(header.to_lowercase()),
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
