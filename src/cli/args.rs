//! The command line as typed.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use jiff::Timestamp;

use crate::config::LogLevel;

/// Keeps containers up to date, safely: pulls, replaces one at a time, checks health, goes back.
#[derive(Debug, Parser)]
#[command(name = "rotate", version, about, max_term_width = 100, after_help = AFTER)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Configuration file, over which the rotate.d/*.toml beside it are merged [default: /etc/rotate/rotate.toml, which may be absent; a user's own: ~/.config/rotate/rotate.toml].
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The engine's socket [default: the configuration's `engines`, $DOCKER_HOST, the configuration's `engine`, Docker's, Podman's].
    #[arg(long, global = true, value_name = "unix://PATH")]
    pub engine: Option<String>,
    /// Only this engine of those in `engines`, such as docker, podman or podman:alice; a NAME may be written as podman:alice/web, too.
    #[arg(long, global = true, value_name = "ENGINE")]
    pub on: Option<String>,
    /// Where rotations are recorded [default: the configuration, /var/lib/rotate; a user's own: ~/.local/state/rotate].
    #[arg(long, global = true, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// The daemon's socket [default: /run/rotate/rotate.sock, if a daemon listens there; a user's own: $XDG_RUNTIME_DIR/rotate/rotate.sock].
    #[arg(long, global = true, value_name = "PATH", env = "ROTATE_SOCKET")]
    pub socket: Option<PathBuf>,
    /// One JSON document on stdout.
    #[arg(long, global = true)]
    pub json: bool,
    /// Tell more on stderr.
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// How much is told: error, warn, info or debug [default: info, for the daemon the configuration's].
    #[arg(long, global = true, value_name = "LEVEL", conflicts_with_all = ["verbose", "quiet"], value_parser = LogLevel::read)]
    pub log_level: Option<LogLevel>,
    /// Tell nothing on stderr but warnings and errors.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
}

const AFTER: &str = "Exit codes: 0 done or nothing to do; 1 a rotation failed or was rolled back, or something gave no answer; 2 usage; 3 a person is needed; \
69 no engine; 75 another rotate is at work; 77 not permitted; 78 configuration.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Rotate what has a newer image, now.
    Now(NowArgs),
    /// Show what would be rotated, in which order, and for the rest why not. Changes nothing.
    Plan(PlanArgs),
    /// Show the containers, what is kept, refused or stuck. Asks no registry.
    Status,
    /// Show everything that decides about one container, and how a new one would differ. Changes nothing.
    Explain(ExplainArgs),
    /// Show what was rotated when, from which digest to which, and how it went; newest first. Asks no engine.
    History(HistoryArgs),
    /// Keep containers as they are: not rotated, not even when named, until released.
    Hold(HoldArgs),
    /// End a hold. A refused image stays refused: see `rotate refused`.
    Release(ReleaseArgs),
    /// Show which images failed here and are not tried again, or forget that.
    Refused(RefusedArgs),
    /// Take a container's predecessor back while it is kept. The newer image is refused from then on.
    Rollback(RollbackArgs),
    /// Check the configuration, or show it. Asks no engine.
    Config(ConfigArgs),
    /// Run for years: rotate by the schedule, finish what is left, answer at the socket. For systemd.
    Daemon,
    /// Write man pages or shell completions, for a package.
    Generate(GenerateArgs),
}

/// `rotate now`.
#[derive(Debug, clap::Args)]
pub struct NowArgs {
    /// Only these containers, also if they have not opted in.
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Pull, create and compare the successors, show the differences, remove them again. Stops nothing, moves no tag.
    #[arg(long)]
    pub dry_run: bool,
    /// Try images again that failed here.
    #[arg(long)]
    pub retry: bool,
    /// Do not wait until an image has been seen for `min_age`.
    #[arg(long)]
    pub any_age: bool,
}

/// `rotate plan`.
#[derive(Debug, clap::Args)]
pub struct PlanArgs {
    /// Only these containers, also if they have not opted in.
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
}

/// `rotate explain`.
#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// The container.
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// `rotate history`.
#[derive(Debug, clap::Args)]
pub struct HistoryArgs {
    /// Only this container, with the steps of each rotation. It need not exist any more.
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// So many at most.
    #[arg(long, value_name = "N", default_value_t = crate::ask::USUAL_LIMIT)]
    pub limit: usize,
}

/// `rotate hold`.
#[derive(Debug, clap::Args)]
pub struct HoldArgs {
    /// The containers. The hold belongs to the name, whatever container has it.
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
    /// When it ends by itself: a date (its beginning, here), a time as in 2026-12-01T06:00:00Z, or how long, as in 7d [default: when released].
    #[arg(long, value_name = "WHEN", value_parser = super::until::parse)]
    pub until: Option<Timestamp>,
    /// Why, to be shown.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// `rotate release`.
#[derive(Debug, clap::Args)]
pub struct ReleaseArgs {
    /// The containers. They need not exist any more.
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
}

/// `rotate refused`.
#[derive(Debug, clap::Args)]
pub struct RefusedArgs {
    /// Forget what is refused for this container: the next run tries it again.
    #[arg(long, value_name = "NAME")]
    pub forget: Vec<String>,
}

/// `rotate rollback`.
#[derive(Debug, clap::Args)]
pub struct RollbackArgs {
    /// The container.
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// `rotate config`.
#[derive(Debug, clap::Args)]
pub struct ConfigArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub what: ConfigWhat,
}

/// What `rotate config` does.
#[derive(Debug, Subcommand)]
pub enum ConfigWhat {
    /// Read rotate.toml and the rotate.d/*.toml beside it: say that they are fine, or what is not, and where.
    Check {
        /// The main file [default: that of --config, /etc/rotate/rotate.toml].
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Show every key, the value that holds, and where it comes from: `default`, or file and line.
    Show,
}

/// `rotate generate`.
#[derive(Debug, clap::Args)]
pub struct GenerateArgs {
    /// What to write.
    #[command(subcommand)]
    pub what: GenerateWhat,
}

/// What `rotate generate` writes.
#[derive(Debug, Subcommand)]
pub enum GenerateWhat {
    /// Man pages, section 1, one for each command.
    Man {
        /// The directory to write them to; it must exist.
        #[arg(value_name = "DIR")]
        dir: PathBuf,
    },
    /// A completion script, to stdout.
    Completions {
        /// For which shell.
        #[arg(value_name = "SHELL")]
        shell: clap_complete::Shell,
    },
}
