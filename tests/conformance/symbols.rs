//! The script's own words for what each world names in its own way: ids, digests, volumes.

use rotate::model::{ContainerId, Digest};

/// A container that the script made.
#[derive(Debug, Clone)]
pub struct Known {
    /// What the script calls it.
    pub handle: String,
    pub id: ContainerId,
    /// What is to be seen of it does not depend on the moment of the look.
    pub is_settled: bool,
    /// Its program ends by itself.
    pub is_brief: bool,
    /// The script has seen the verdict of its health check.
    pub has_verdict: bool,
}

/// An image that the script published.
#[derive(Debug, Clone)]
pub struct Published {
    /// `REPOSITORY@VERSION`, as the script writes it.
    pub symbol: String,
    pub digest: Digest,
    /// The engine's id of it, once it was pulled.
    pub id: Option<String>,
}

/// All that has been named so far.
#[derive(Debug, Default)]
pub struct Symbols {
    pub containers: Vec<Known>,
    pub images: Vec<Published>,
    /// The engine's name and the script's: `data`, or `web:/data` for an anonymous one.
    pub volumes: Vec<(String, String)>,
    /// References to images that are looked at after each step.
    pub watched: Vec<String>,
}

impl Symbols {
    /// The container of a handle; panics if the script has made none.
    pub fn container(&self, handle: &str) -> &Known {
        self.containers.iter().find(|known| known.handle == handle).unwrap_or_else(|| panic!("the script has made no {handle}"))
    }

    pub fn container_mut(&mut self, handle: &str) -> &mut Known {
        self.containers.iter_mut().find(|known| known.handle == handle).unwrap_or_else(|| panic!("the script has made no {handle}"))
    }

    /// The script's word for an id, or the id.
    pub fn handle_of<'a>(&'a self, id: &'a str) -> &'a str {
        self.containers.iter().find(|known| known.id.as_str() == id).map_or("(a stranger)", |known| &known.handle)
    }

    pub fn image(&self, symbol: &str) -> &Published {
        self.images.iter().find(|image| image.symbol == symbol).unwrap_or_else(|| panic!("the script has published no {symbol}"))
    }

    /// The script's word for an image's id.
    pub fn image_of(&self, id: &str) -> String {
        let by_id = self.images.iter().find(|image| image.id.as_deref() == Some(id));
        by_id.map_or_else(|| "(unknown)".to_owned(), |image| image.symbol.clone())
    }

    /// The script's word for a volume; a new one gets that of the container and place where it was first seen.
    pub fn volume_of(&mut self, name: &str, handle: &str, place: &str) -> String {
        if let Some((_, symbol)) = self.volumes.iter().find(|(known, _)| known == name) {
            return symbol.clone();
        }
        let symbol = format!("{handle}:{place}");
        self.volumes.push((name.to_owned(), symbol.clone()));
        symbol
    }

    /// The engine's name of a volume that was seen.
    pub fn volume(&self, symbol: &str) -> Option<&str> {
        self.volumes.iter().find(|(_, known)| known == symbol).map(|(name, _)| name.as_str())
    }
}
