//! Podman's own updater, `podman auto-update`, as a timer of systemd's runs it.

use std::time::Duration;

use super::systemctl::Systemctl;
use crate::engine::{EngineError, Services};
use crate::model::Warning;

/// It comes with Podman, and no distribution enables it by itself.
const TIMER: &str = "podman-auto-update.timer";
/// Nothing waits for a warning.
const LOOK: Duration = Duration::from_secs(5);

impl Systemctl {
    /// If it is on, or will be at the next boot.
    ///
    /// Errors: systemd cannot be asked.
    pub(super) async fn auto_update(&self) -> Result<Option<Warning>, EngineError> {
        let args = ["show", "--no-pager", "-p", "ActiveState,UnitFileState", "--", TIMER];
        let call = format!("show {TIMER}");
        let shown = self.systemctl(&call, LOOK, &args).await?;
        let manager = self.manager().await?.systemctl();
        Ok(is_on(&shown).then(|| warning(&manager)))
    }
}

fn warning(manager: &str) -> Warning {
    Warning {
        code: "podman_auto_update",
        message: format!(
            "{TIMER} is on: `podman auto-update` updates containers of this engine as well, and knows nothing of what rotate holds or has refused"
        ),
        help: format!("turn it off: `{manager} disable --now {TIMER}`"),
    }
}

/// Reads `systemctl show` (systemctl(1): `enabled-runtime` is until the next boot).
fn is_on(shown: &str) -> bool {
    let says = |line: &str| matches!(line.trim(), "ActiveState=active" | "UnitFileState=enabled" | "UnitFileState=enabled-runtime");
    shown.lines().any(says)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_that_is_on_now_or_at_the_next_boot_is_warned_about() {
        for (active, file, expected) in [
            ("active", "enabled", true),
            ("inactive", "enabled", true),
            ("active", "disabled", true),
            ("inactive", "enabled-runtime", true),
            ("inactive", "disabled", false),
            ("inactive", "masked", false),
            ("inactive", "", false),
        ] {
            assert_eq!(is_on(&format!("ActiveState={active}\nUnitFileState={file}\n")), expected, "{active} {file}");
        }
    }
}
