//! Decides; never does. No clock, no dice of its own, no bytes, no browser, no service.
//!
//! [`Page`] holds the uploads of one page and what they share. Its contract is that of every machine here:
//! tell it what happened ([`Page::handle`]), drain what is to be done ([`Page::poll`]) until it says `None`,
//! then sleep until [`Page::wake_at`] or until something happens. Telling it too early or twice is harmless;
//! an answer to a task that is no longer wanted is a normal no-op.
//!
//! What a service gives (sessions, URLs, receipts) is the type parameter `K`: kept here, understood elsewhere.

mod dice;
mod enquiry;
mod errand;
mod error;
mod few;
mod flow;
mod instant;
mod ledger;
mod link;
mod origin;
mod outage;
mod pace;
mod page;
mod part;
mod part_set;
mod plan;
mod progress;
mod reach;
mod reply;
mod retry;
mod rules;
mod state;
mod step;
mod upload;
mod watch;
mod widening;

pub(crate) use few::Few;

pub use dice::Dice;
pub use enquiry::Enquiry;
pub use error::{Error, ErrorCode, ErrorInner, Failed, FailedInner, Failure};
pub use instant::{Instant, Now, Wall};
pub use ledger::{Change, Ledger};
pub use origin::{Origin, Origins};
pub use page::{Page, UploadId};
pub use plan::{Limits, PartRange, Plan, PlanError};
pub use progress::Progress;
pub use reply::{Expiry, Reply, StoredPart, Ticket};
pub use retry::Retry;
pub use rules::{Config, Digests, EVERY_ROLE, Numbers, Preparing, Rules, Settling, Sizes, Timeouts, Transport};
pub use state::State;
pub use step::{Carrier, Event, Input, Output, Step, TaskId};
pub use upload::Upload;
