//! Faults on order: rules as they are put, the book that counts and picks, and the hands that carry them out.
//!
//! Faults of the socket act on the whole connection. Over HTTP/1.1 that is one request; over HTTP/2 a reset, a stall, a
//! rate or a lost answer hits every stream beside it.

pub(crate) mod book;
pub(crate) mod perform;
pub(crate) mod rule;
