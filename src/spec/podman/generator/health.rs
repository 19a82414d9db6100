//! Health checks: Podman takes an image's as one whole, or the container's own.

use serde_json::Value;

use super::{Source, Spec};
use crate::spec::document::{is_nothing, text};

/// What Podman puts where an image says nothing, or 0 (30 s; seen on 5.4).
const SECONDS_30: u64 = 30_000_000_000;
const FIELDS: [&str; 5] = ["Test", "Interval", "Timeout", "Retries", "StartPeriod"];

pub fn put(source: &Source<'_>, spec: &mut Spec) {
    let config = source.container.config();
    if !is_default_check(source.images.old, &config["Healthcheck"]) {
        spec.put("healthconfig", config["Healthcheck"].clone());
    }
    spec.put("startupHealthConfig", config["StartupHealthCheck"].clone());
    // Their places in Podman's list of actions, in which the second is none.
    let action = match text(&config["HealthcheckOnFailureAction"]) {
        "kill" => 2,
        "restart" => 3,
        "stop" => 4,
        _ => 0,
    };
    spec.put("health_check_on_failure_action", action);
    spec.copy(source, &["healthLogDestination", "healthMaxLogCount", "healthMaxLogSize"]);
}

/// True if a container's check is what Podman makes of the image's.
pub fn is_default_check(image: &Value, check: &Value) -> bool {
    FIELDS.iter().all(|field| is_default_field(image, field, &check[*field]))
}

/// True if the value is what Podman makes of that part of the image's check.
pub fn is_default_field(image: &Value, field: &str, value: &Value) -> bool {
    let image = &image["Config"]["Healthcheck"];
    let number = |value: &Value| value.as_u64().unwrap_or(0);
    match field {
        _ if is_nothing(image) => is_nothing(value),
        "Interval" | "Timeout" => number(value) == if number(&image[field]) == 0 { SECONDS_30 } else { number(&image[field]) },
        "StartPeriod" => number(value) == number(&image[field]),
        // 3 on 5.8, where 5.4 leaves it at 0.
        "Retries" => number(value) == number(&image[field]) || number(&image[field]) == 0 && *value == 3,
        _ => *value == image[field] || is_nothing(value) && is_nothing(&image[field]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_image_s_check_without_interval_is_every_30_seconds() {
        let image = json!({ "Config": { "Healthcheck": { "Test": ["CMD", "true"], "Retries": 2 } } });
        let check = json!({ "Test": ["CMD", "true"], "Interval": SECONDS_30, "Timeout": SECONDS_30, "Retries": 2 });
        assert!(is_default_check(&image, &check));
        assert!(!is_default_check(&image, &json!({ "Test": ["CMD", "true"], "Interval": 1, "Timeout": SECONDS_30, "Retries": 2 })));
        assert!(!is_default_check(&json!({ "Config": {} }), &check));
        let none = json!({ "Config": { "Healthcheck": { "Test": ["CMD", "true"] } } });
        assert!([0, 3].iter().all(|retries| is_default_field(&none, "Retries", &json!(retries))));
        assert!(is_default_check(&json!({ "Config": {} }), &Value::Null));
    }
}
