//! Faults on order: rules as they are put, the book that counts and picks, and the hands that carry them out.

pub(crate) mod book;
pub(crate) mod perform;
pub(crate) mod rule;
