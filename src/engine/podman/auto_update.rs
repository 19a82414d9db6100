//! Podman's own updater, `podman auto-update`, as a timer of systemd's runs it.

use std::time::Duration;

use super::systemctl::Systemctl;
use crate::engine::{EngineError, Services};
use crate::model::{Manager, Warning};

/// It comes with Podman, and Debian 12 turns it on with the package, the service by itself as well: that one updates once at each boot.
const TIMER: &str = "podman-auto-update.timer";
const SERVICE: &str = "podman-auto-update.service";
/// Nothing waits for a warning.
const LOOK: Duration = Duration::from_secs(5);

impl Systemctl {
    /// If it is on, or will be at the next boot.
    ///
    /// Errors: systemd cannot be asked.
    pub(super) async fn auto_update(&self) -> Result<Option<Warning>, EngineError> {
        let args = ["show", "--no-pager", "-p", "Id,ActiveState,UnitFileState", "--", TIMER, SERVICE];
        let call = format!("show {TIMER} {SERVICE}");
        let shown = self.systemctl(&call, LOOK, &args).await?;
        let manager = self.manager().await?;
        let on = on(&shown);
        Ok((!on.is_empty()).then(|| warning(&manager, &on)))
    }
}

fn warning(manager: &Manager, on: &[&str]) -> Warning {
    let whose = match manager {
        Manager::System | Manager::Oneself => String::new(),
        Manager::User { name, .. } => format!(" of user {name}"),
    };
    let is = if on.len() == 1 { "is" } else { "are" };
    Warning {
        code: "podman_auto_update",
        message: format!(
            "{}{whose} {is} on: `podman auto-update` updates containers of this engine as well, and knows nothing of what rotate holds or has refused",
            on.join(" and ")
        ),
        help: format!("turn it off: `{} disable --now {}`", manager.systemctl(), on.join(" ")),
    }
}

/// Which of the two are on. Reads `systemctl show` of both (systemctl(1): an empty line between them; `enabled-runtime` is until the next boot). That the
/// service runs at this moment says nothing: somebody may have typed it.
fn on(shown: &str) -> Vec<&'static str> {
    let blocks: Vec<Vec<&str>> = shown.split("\n\n").map(|block| block.lines().map(str::trim).collect()).collect();
    let says = |unit: &str, states: &[&str]| {
        let of_it = blocks.iter().filter(|block| block.iter().any(|line| line.strip_prefix("Id=") == Some(unit)));
        of_it.flatten().any(|line| states.contains(line))
    };
    let will_be = ["UnitFileState=enabled", "UnitFileState=enabled-runtime"];
    let is_on = |unit| says(unit, &will_be) || (unit == TIMER && says(unit, &["ActiveState=active"]));
    [TIMER, SERVICE].into_iter().filter(|unit| is_on(unit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_updates_now_or_from_the_next_boot_on_is_warned_about() {
        let off = ("inactive", "disabled");
        for (timer, service, expected) in [
            (("active", "enabled"), off, &[TIMER][..]),
            (("inactive", "enabled"), off, &[TIMER]),
            (("active", "disabled"), off, &[TIMER]),
            (("inactive", "enabled-runtime"), off, &[TIMER]),
            // As Debian 12 has it, and after its timer was turned off.
            (("active", "enabled"), ("inactive", "enabled"), &[TIMER, SERVICE]),
            (off, ("inactive", "enabled"), &[SERVICE]),
            // Somebody has typed it.
            (off, ("active", "disabled"), &[]),
            (off, ("activating", "static"), &[]),
            (off, off, &[]),
            (("inactive", "masked"), ("inactive", "masked"), &[]),
            (("inactive", ""), ("inactive", ""), &[]),
        ] {
            let block = |unit, (active, file): (&str, &str)| format!("Id={unit}\nActiveState={active}\nUnitFileState={file}\n");
            assert_eq!(on(&format!("{}\n{}", block(TIMER, timer), block(SERVICE, service))), expected, "{timer:?} {service:?}");
        }
    }

    #[test]
    fn the_timer_of_another_user_is_told_with_the_user_and_the_command_that_reaches_it() {
        let told = |manager: Manager| warning(&manager, &[TIMER]).to_string();
        let alices = told(Manager::User { name: "alice".into(), id: 1000 });
        assert!(alices.starts_with("podman-auto-update.timer of user alice is on: "), "{alices}");
        assert!(alices.contains("`systemctl --user --machine=alice@ disable --now podman-auto-update.timer`"), "{alices}");
        for (manager, command) in [(Manager::System, "`systemctl disable"), (Manager::Oneself, "`systemctl --user disable")] {
            let told = told(manager);
            assert!(told.starts_with("podman-auto-update.timer is on: ") && told.contains(command), "{told}");
        }
        let both = warning(&Manager::System, &[TIMER, SERVICE]).to_string();
        assert!(both.starts_with("podman-auto-update.timer and podman-auto-update.service are on: "), "{both}");
        assert!(both.contains("`systemctl disable --now podman-auto-update.timer podman-auto-update.service`"), "{both}");
    }
}
