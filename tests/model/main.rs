//! The words that travel between rooms: what they take, what they refuse, and that they read back what they write.

mod container;
mod digest;
mod health;
mod image;
mod insecure;
mod proxies;
mod reference;
mod restart;
