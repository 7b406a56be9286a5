//! Conversations with TwelveLabs' multipart uploads, step by step.

#[path = "../common/mod.rs"]
mod common;
mod refusals;
mod talk;
mod uploads;
