//! The words that travel between rooms: ids, references, digests, policies. No I/O here.

mod container;
mod credential;
mod digest;
mod hold;
mod id;
mod image;
mod insecure;
mod listed;
mod platform;
mod probe;
mod proxies;
mod rate_limit;
mod reference;
mod refused;
mod registry_settings;
mod restart;
mod sighting;
mod stop_signal;

pub use container::{Attachment, Container, Health, State, Status};
pub use credential::Credential;
pub use digest::{Digest, DigestError};
pub use hold::Hold;
pub use id::{ContainerId, ImageId, RotationId};
pub use image::Image;
pub use insecure::{InsecureRegistries, host_name as insecure_host_name};
pub use listed::Listed;
pub use platform::Platform;
pub use probe::{Check, Probe, StatusRange};
pub use proxies::Proxies;
pub use rate_limit::RateLimit;
pub use reference::{Reference, ReferenceError, Target};
pub use refused::RefusedDigest;
pub use registry_settings::RegistrySettings;
pub use restart::{RestartPolicy, RestartPolicyError};
pub use sighting::Sighting;
pub use stop_signal::{StopSignal, StopSignalError};
