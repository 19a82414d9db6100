//! What takes the whole engine away for a while: not run beside other tests (see `tests/run`).

mod bad_disk;
mod bad_driver;
mod proxy;
