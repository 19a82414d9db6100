//! The words that travel between rooms: ids, references, digests, policies. No I/O here.

mod container;
mod credential;
mod digest;
mod ending;
mod engine_name;
mod health;
mod hold;
mod id;
mod image;
mod insecure;
mod listed;
mod manager;
mod named;
mod place;
mod platform;
mod probe;
mod proxies;
mod rate_limit;
mod reference;
mod refused;
mod registry_settings;
mod restart;
mod service;
mod sighting;
mod state;
mod stop_signal;
mod warning;

pub use container::{Attachment, Container, NAMESPACE_MODES, NOTES};
pub use credential::Credential;
pub use digest::{Digest, DigestError};
pub use ending::Ending;
pub use engine_name::{EngineKind, EngineName, EngineNameError, host_socket, user_of_place, user_socket, usual_engine};
pub use health::Health;
pub use hold::Hold;
pub use id::{ContainerId, ImageId, RotationId};
pub use image::Image;
pub use insecure::{InsecureRegistries, host_name as insecure_host_name};
pub use listed::Listed;
pub use manager::Manager;
pub use named::{Deed, Named};
pub use place::{Mirror, NoSource, Place, Pulls, Source};
pub use platform::Platform;
pub use probe::{Check, Probe, StatusRange};
pub use proxies::Proxies;
pub use rate_limit::RateLimit;
pub use reference::{Reference, ReferenceError, Target};
pub use refused::RefusedDigest;
pub use registry_settings::RegistrySettings;
pub use restart::{RestartPolicy, RestartPolicyError};
pub use service::{
    Activity, DropIn, DropInKind, Played, SERVICE_LABEL, Service, ServiceState, TO_STAY, is_pull, is_tag_to_stay, tag_to_stay,
};
pub use sighting::Sighting;
pub use state::{State, Status};
pub use stop_signal::{StopSignal, StopSignalError};
pub use warning::Warning;
