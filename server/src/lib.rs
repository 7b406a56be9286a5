//! The reference server of upslice: every service, strict, on local disk. It is the demo's backend, the tests' world, the
//! benchmark's other end, and the documentation of what the client expects.
//!
//! Requests pass through four layers, each of which knows only the next: `net` (sockets), `edge` (what every exchange
//! needs, and the faults), `mounts` and `storage` (services and S3), `store` (uploads and objects).

pub mod options;
pub mod server;

mod chance;
mod control;
mod edge;
mod faults;
mod files;
mod house;
mod keys;
mod moment;
mod mounts;
mod net;
mod services;
mod site;
mod storage;
mod store;
