//! Conversations with HERE's Blob Service v1, step by step.

mod attempts;
#[path = "../common/mod.rs"]
mod common;
mod refusals;
mod talk;
mod uploads;
