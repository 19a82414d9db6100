//! Podman's own updater, `podman auto-update`, as a timer of systemd's runs it.

use std::time::Duration;

use super::systemctl::Systemctl;
use crate::engine::{EngineError, Services};
use crate::model::{Manager, Warning};

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
        let manager = self.manager().await?;
        Ok(is_on(&shown).then(|| warning(&manager)))
    }
}

fn warning(manager: &Manager) -> Warning {
    let whose = match manager {
        Manager::System | Manager::Oneself => String::new(),
        Manager::User { name, .. } => format!(" of user {name}"),
    };
    Warning {
        code: "podman_auto_update",
        message: format!(
            "{TIMER}{whose} is on: `podman auto-update` updates containers of this engine as well, and knows nothing of what rotate holds or has refused"
        ),
        help: format!("turn it off: `{} disable --now {TIMER}`", manager.systemctl()),
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

    #[test]
    fn the_timer_of_another_user_is_told_with_the_user_and_the_command_that_reaches_it() {
        let told = |manager: Manager| warning(&manager).to_string();
        let alices = told(Manager::User { name: "alice".into(), id: 1000 });
        assert!(alices.starts_with("podman-auto-update.timer of user alice is on: "), "{alices}");
        assert!(alices.contains("`systemctl --user --machine=alice@ disable --now podman-auto-update.timer`"), "{alices}");
        for (manager, command) in [(Manager::System, "`systemctl disable"), (Manager::Oneself, "`systemctl --user disable")] {
            let told = told(manager);
            assert!(told.starts_with("podman-auto-update.timer is on: ") && told.contains(command), "{told}");
        }
    }
}
