//! Predecessor and successor side by side, with the images that explain where they differ.

use serde_json::Value;

use super::observed::Comparison;
use super::{Member, Purpose};
use crate::engine::{Engine, EngineError};
use crate::model::{Container, Image};
use crate::spec;

/// All that a comparison depends on.
#[derive(Debug, PartialEq)]
pub struct Pair {
    pub purpose: Purpose,
    /// Predecessor and successor.
    pub old: Container,
    pub new: Container,
    pub images: ImageDocuments,
}

impl Pair {
    pub fn compare(&self) -> Comparison {
        let Self { purpose, old, new, images } = self;
        let differences = match purpose {
            Purpose::Rotate => spec::compare(old.document(), new.document(), images.both()),
            Purpose::DryRun => spec::compare(old.document(), &as_typed(new, old.image_typed()), images.both()),
        };
        let (mut all, mut unexplained) = (Vec::new(), Vec::new());
        for difference in &differences {
            let is_explained = difference.explained_by.is_some();
            let line = if is_explained { difference.to_string() } else { format!("{difference} (nothing explains it)") };
            if !is_explained {
                unexplained.push(line.clone());
            }
            all.push(line);
        }
        Comparison { all, unexplained, volumes_born: spec::volumes_born(old.document(), new.document()) }
    }
}

/// The document of one that a dry run made: it creates from the digest, since it moves no tag.
fn as_typed(container: &Container, image: &str) -> Value {
    let mut document = container.document().clone();
    // Podman says it twice.
    for path in ["/Config/Image", "/ImageName"] {
        if let Some(named) = document.pointer_mut(path) {
            *named = Value::from(image);
        }
    }
    document
}

/// Old and new image of a member, as the engine describes them.
#[derive(Debug, PartialEq)]
pub struct ImageDocuments {
    old: Image,
    new: Image,
}

impl ImageDocuments {
    /// For a successor.
    pub fn both(&self) -> spec::Images<'_> {
        spec::Images { old: self.old.document(), new: self.new.document() }
    }

    /// True if the engine shows nothing of one of them.
    pub fn has_blank(&self) -> bool {
        self.old.is_blank() || self.new.is_blank()
    }

    /// For a predecessor that is created again.
    pub fn old_only(&self) -> spec::Images<'_> {
        spec::Images { old: self.old.document(), new: self.old.document() }
    }
}

/// Asks for both images; one that is gone is described by an empty document, which explains no difference.
pub async fn image_documents(engine: &dyn Engine, member: &Member) -> Result<ImageDocuments, EngineError> {
    let nothing = || Image::new(Value::Null);
    let old = engine.image(member.old_image.as_str()).await?.unwrap_or_else(nothing);
    let new = engine.image(&member.new_image_name()).await?.unwrap_or_else(nothing);
    Ok(ImageDocuments { old, new })
}
