//! A credential as Docker's API takes it along to a registry (header `X-Registry-Auth`).

use bollard::auth::DockerCredentials;

use crate::model::{Credential, Reference};

/// For the registry of this reference.
pub fn registry_auth(credential: &Credential, reference: &Reference) -> DockerCredentials {
    let serveraddress = Some(reference.registry().to_owned());
    match credential {
        Credential::Basic { username, password } => {
            DockerCredentials { username: Some(username.clone()), password: Some(password.clone()), serveraddress, ..Default::default() }
        }
        Credential::IdentityToken(token) => DockerCredentials { identitytoken: Some(token.clone()), serveraddress, ..Default::default() },
    }
}
