//! What digest a reference points to now. It asks and never pulls: one HEAD a reference (and another where what runs was made here), and never a GET of a
//! manifest, which would count as a pull.

mod answer;
mod auth_file;
mod authorize;
mod certificates;
mod challenge;
mod client;
mod config_file;
mod credentials;
mod endpoint;
mod error;
mod fault;
mod file;
mod helper;
mod host;
mod limits;
mod login;
mod rate;
mod resolve;
mod token;
mod unreadable;
mod whose;

use async_trait::async_trait;

pub use certificates::folders as certificates_folders;
pub use credentials::Credentials;
pub use error::{Asked, RegistryError};
pub use fault::{CertificateFault, FileFault, Garbage, HelperFault};
pub use helper::HelperLimits;
pub use limits::Limits;
pub use login::Login;
pub use resolve::HttpRegistry;
pub use unreadable::Unreadable;
pub use whose::Whose;

use crate::model::{Credential, Digest, RateLimit, Reference};

/// Docker's own registry, as references name it.
const HUB: &str = "docker.io";

/// A registry, or many: whoever knows where tags point.
#[async_trait]
pub trait Registry: Send + Sync {
    /// Why nothing can be asked at all; what was begun before can be finished all the same.
    fn fault(&self) -> Option<RegistryError> {
        None
    }

    /// The digest that the reference's tag points to now: the index's where there is one.
    ///
    /// Errors: see [`RegistryError`]. A host that says «too many requests» or cannot be reached is not asked again by the same instance.
    async fn resolve(&self, reference: &Reference) -> Result<Digest, RegistryError>;

    /// True if it has a manifest of this digest in the reference's repository. Asked with one HEAD, too.
    ///
    /// Errors: as [`Registry::resolve`], but not that there is none.
    async fn has(&self, reference: &Reference, digest: &Digest) -> Result<bool, RegistryError>;

    /// The credential for a pull of this reference: the same that [`Registry::resolve`] is let in with.
    ///
    /// Errors: [`RegistryError::Helper`]; then nothing is to be pulled without credentials instead.
    async fn credential(&self, reference: &Reference) -> Result<Option<Credential>, RegistryError>;

    /// For repositories with credentials of their own, which count from here on in place of the usual ones; or why they cannot be had: then nobody is
    /// asked.
    fn lend(&self, _reference: &Reference, _credentials: Result<Credentials, RegistryError>) {}

    /// What those that were asked have said of their limits so far, by host.
    fn limits(&self) -> Vec<RateLimit>;
}
