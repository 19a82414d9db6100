//! How far a pull has come: Docker tells it layer by layer, people want one number. Pure.

use std::collections::HashMap;

use bollard::models::CreateImageInfo;

/// How far a pull has come, all layers together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PullProgress {
    /// Bytes that have arrived.
    pub done_bytes: u64,
    /// Bytes of the layers that the engine has begun with: it grows.
    pub total_bytes: u64,
}

/// The layers of one pull.
#[derive(Debug, Default)]
pub(super) struct Layers {
    /// Done and total, by layer.
    bytes: HashMap<String, (u64, u64)>,
}

impl Layers {
    /// Takes one line of the answer; the new sum, if it changed.
    ///
    /// Docker API 1.41–1.51, ImageCreate: `{"id": LAYER, "status": "Downloading", "progressDetail": {"current": …, "total": …}}`. The same layer's
    /// "Extracting" counts anew from zero and is left out; "Download complete" carries no numbers.
    pub(super) fn add(&mut self, line: &CreateImageInfo) -> Option<PullProgress> {
        let layer = line.id.as_deref()?;
        match line.status.as_deref()? {
            "Downloading" => {
                let detail = line.progress_detail.as_ref()?;
                let number = |n: Option<i64>| n.and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
                let (done, total) = (number(detail.current), number(detail.total));
                self.bytes.insert(layer.to_owned(), (done, total.max(done)));
            }
            "Download complete" | "Pull complete" => {
                let (done, total) = self.bytes.get_mut(layer)?;
                if done == total {
                    return None;
                }
                *done = *total;
            }
            _ => return None,
        }
        let (done_bytes, total_bytes) = self.bytes.values().fold((0, 0), |(done, total), layer| (done + layer.0, total + layer.1));
        Some(PullProgress { done_bytes, total_bytes })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn layers_are_summed_and_unpacking_does_not_count_again() {
        let mut layers = Layers::default();
        let mut add =
            |line| layers.add(&serde_json::from_value(line).expect("a line of the engine")).map(|p| (p.done_bytes, p.total_bytes));
        let line = |id: &str, status: &str, current: u64, total: u64| json!({"id": id, "status": status, "progressDetail": {"current": current, "total": total}});
        assert_eq!(add(json!({"status": "Pulling from web", "id": "latest"})), None);
        assert_eq!(add(json!({"status": "Pulling fs layer", "progressDetail": {}, "id": "a"})), None);
        assert_eq!(add(line("a", "Downloading", 10, 100)), Some((10, 100)));
        assert_eq!(add(line("b", "Downloading", 5, 50)), Some((15, 150)));
        assert_eq!(add(json!({"status": "Download complete", "progressDetail": {}, "id": "a"})), Some((105, 150)));
        assert_eq!(add(line("a", "Extracting", 1, 100)), None);
        assert_eq!(add(json!({"status": "Pull complete", "progressDetail": {}, "id": "a"})), None);
        assert_eq!(add(json!({"status": "Already exists", "progressDetail": {}, "id": "c"})), None);
        assert_eq!(add(json!({"status": "Downloading", "id": "d"})), None);
        assert_eq!(add(line("d", "Downloading", 7, 0)), Some((112, 157)));
    }
}
