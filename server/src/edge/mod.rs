//! Between the socket and the services: names every call, logs it, lets faults at it, and adds what browsers need.

pub(crate) mod body;
pub(crate) mod call;
pub(crate) mod cors;
pub(crate) mod exchange;
pub(crate) mod log;
