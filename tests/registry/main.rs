//! Registries that answer well, badly and not at all; what they are sent, and what never.

mod answers;
mod basic;
mod bearer;
mod certificates;
mod certificates_folders;
mod config_json;
mod debian;
mod helpers;
mod identity;
mod insecure;
mod mirrors;
mod places;
mod proxy;
mod redirects;
mod server;
mod support;
