//! Who knows the credentials for pulls, asked at the moment of a pull and not before: a rotation that pulls nothing must not fail for want of one.

use async_trait::async_trait;

use crate::model::{Credential, Reference};

/// Credentials by reference.
#[async_trait]
pub trait Keyring: Send + Sync {
    /// The credential for a pull of this reference; none if it needs none.
    ///
    /// Err: why it cannot be had. Nothing is pulled then, not without credentials either.
    async fn credential(&self, reference: &Reference) -> Result<Option<Credential>, String>;
}
