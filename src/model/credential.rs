//! What a registry is told so that it lets us in.

use std::fmt;

/// A credential for one registry. Its `Debug` shows no secret, and it is never stored.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// Name and password, or name and access token.
    Basic {
        /// The name.
        username: String,
        /// The password or token.
        password: String,
    },
    /// An identity token (OAuth2 refresh token), which only a token service takes.
    IdentityToken(String),
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Basic { .. } => "Credential::Basic(..)",
            Self::IdentityToken(_) => "Credential::IdentityToken(..)",
        })
    }
}
