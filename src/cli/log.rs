//! What is told on stderr while a command works: one line an event, nothing but its message.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt;

use super::live::Live;
use super::named::{Engines, Named};
use super::plain::plain;
use crate::config::LogLevel;

/// Begins to log. Other crates are heard from `warn` on; bollard logs environments and secrets below `info`, so it is never heard there.
///
/// Where stderr is the journal, as under systemd, each event goes there with its fields: `ROTATE_CONTAINER=`, `ROTATE_ROTATION=`, `ROTATE_STEP=`,
/// where several engines are served `ROTATE_ENGINE=`.
///
/// Returns what sets another level later.
pub fn init(level: LogLevel, live: Live) -> SetLevel {
    let (targets, handle) = reload::Layer::new(targets(level));
    let set = move |level| {
        if let Err(error) = handle.reload(self::targets(level)) {
            tracing::warn!("the log level stays as it is: {error}");
        }
    };
    let journal = journal();
    let text = journal.is_none().then(|| Named(tracing_subscriber::fmt::layer().with_writer(live).event_format(Plain)));
    // A second call, as tests make, changes nothing.
    let _ = tracing_subscriber::registry().with(targets).with(Engines).with(journal.map(Named)).with(text).try_init();
    Box::new(set)
}

/// Sets the level.
pub type SetLevel = Box<dyn Fn(LogLevel) + Send>;

fn targets(level: LogLevel) -> Targets {
    let level = match level {
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Error => LevelFilter::ERROR,
    };
    Targets::new().with_default(LevelFilter::WARN.min(level)).with_target("rotate", level)
}

/// The journal, if stderr is connected to it (systemd.exec(5), `JOURNAL_STREAM`: device and inode).
fn journal() -> Option<tracing_journald::Layer> {
    let stderr = rustix::fs::fstat(std::io::stderr()).ok()?;
    let is_journal = std::env::var("JOURNAL_STREAM").ok()? == format!("{}:{}", stderr.st_dev, stderr.st_ino);
    tracing_journald::layer().ok().filter(|_| is_journal).map(|layer| layer.with_field_prefix(Some("ROTATE".to_owned())))
}

struct Plain;

impl<S, N> FormatEvent<S, N> for Plain
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let level = *event.metadata().level();
        let mut line = Line { message: String::new(), fields: String::new() };
        event.record(&mut line);
        let prefix = match level {
            Level::ERROR => "error: ",
            Level::WARN => "warning: ",
            Level::INFO => "",
            Level::DEBUG | Level::TRACE => "debug: ",
        };
        let fields = if level > Level::INFO { line.fields.as_str() } else { "" };
        writeln!(writer, "{prefix}{}{}", plain(&line.message), plain(fields))
    }
}

struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            self.fields += &format!(" {}={value:?}", field.name());
        }
    }
}
