//! The successor's create request and the comparison, on documents saved from real engines (record.rs makes them) and on tables.

mod again;
mod compared;
mod create;
mod fixture;
mod flipped;
#[allow(dead_code)] // record.rs and engine tests use the rest.
mod lost_options;
#[allow(dead_code)]
mod patch;
mod predicted;
mod settings;
mod volumes;
