//! What is decided, and that images which were not looked at are taken for nothing but that.

use rotate::rotation::{Observed, Record, Step, decide};

/// What is decided. As long as the images were not looked at it is the same, or that they are to be.
pub fn decided(record: &Record, observed: &mut Observed) -> Step {
    let step = decide(record, observed);
    let images: Vec<_> = observed.members.iter_mut().map(|view| view.images.take()).collect();
    let blind = decide(record, observed);
    observed.members.iter_mut().zip(images).for_each(|(view, images)| view.images = images);
    assert!(
        blind == step || blind == Step::LookAtImages,
        "{blind:?} without a look at the images, and {step:?} with it: {record}: {observed}"
    );
    step
}
