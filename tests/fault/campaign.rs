//! The campaign: on the host of `ROTATE_TEST_HOST`, every cell that is asked for; and the table of all that was found. Run by `tests/campaign`.

#[path = "../lab/mod.rs"]
mod lab;
mod machine;

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    process::ExitCode,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use clap::{Parser, Subcommand};
use lab::Host;
use machine::{ALL, Cell, Found, Harm, Healer, Line, Permits, Scenario};

#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Tries cells, and appends what is found to a file.
    Try(Try),
    /// Prints the table of such files.
    Table {
        /// What was run for it.
        #[arg(long, default_value = "tests/campaign")]
        command: String,
        /// An earlier page, whose note is kept.
        #[arg(long)]
        note: Option<PathBuf>,
        files: Vec<PathBuf>,
    },
    /// Lists scenarios and harms.
    List,
}

#[derive(clap::Args)]
struct Try {
    #[arg(long)]
    out: PathBuf,
    #[arg(long, value_delimiter = ',', default_value = "update,sick")]
    scenario: Vec<String>,
    #[arg(long, value_delimiter = ',', default_value = "kill-before,kill-after")]
    harm: Vec<String>,
    #[arg(long, value_delimiter = ',', default_value = "now")]
    healer: Vec<String>,
    /// Only these calls.
    #[arg(long, value_delimiter = ',')]
    call: Vec<usize>,
    /// Cells at a time.
    #[arg(long, default_value_t = 3)]
    at_once: usize,
    /// Cells that share one harm to the host.
    #[arg(long, default_value_t = 18)]
    batch: usize,
    /// How often each racy cell is tried.
    #[arg(long, default_value_t = 1)]
    times: usize,
}

/// How often a cell is tried of which the engine loses a container by its own death.
const TRIES: usize = 4;

fn main() -> ExitCode {
    match Args::parse().command {
        Command::Try(args) => args.run(),
        Command::Table { command, note, files } => {
            let lines: Vec<Line> = files.iter().flat_map(|file| machine::read(file).expect("what a campaign found can be read")).collect();
            let page = note.map(|file| fs::read_to_string(file).expect("a page can be read")).unwrap_or_default();
            print!("{}", machine::markdown(&lines, &command, machine::note(&page)));
            ExitCode::SUCCESS
        }
        Command::List => {
            ALL.iter().for_each(|scenario| println!("scenario {}", scenario.name));
            Harm::all().for_each(|harm| println!("harm     {}", harm.name()));
            ExitCode::SUCCESS
        }
    }
}

/// What has been found so far.
struct Log<'a> {
    args: &'a Try,
    engine: String,
    version: String,
    run: String,
    /// The calls of each scenario and healer when nothing harms it.
    calls: Mutex<BTreeMap<(&'static str, &'static str), Vec<String>>>,
    failed: Mutex<usize>,
    begun: Instant,
}

impl Try {
    fn run(&self) -> ExitCode {
        // A cell that gives up is told as a finding.
        std::panic::set_hook(Box::new(|_| {}));
        let host = Host::shared();
        let version = host.docker(&["version", "--format", "{{.Server.Version}}"]);
        let (calls, failed) = (Mutex::default(), Mutex::default());
        let run = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M").to_string();
        let log = Log { args: self, engine: host.engine().to_owned(), version, run, calls, failed, begun: Instant::now() };
        let healers = self.healer.iter().map(|name| if name == "daemon" { Healer::Daemon } else { Healer::Now });
        let rows = healers.flat_map(|healer| self.scenarios().into_iter().map(move |scenario| (scenario, healer)));
        let (rows, others): (Vec<_>, Vec<_>) =
            rows.partition(|(scenario, healer)| scenario.is_on(host.engine()) && scenario.is_healed_by(*healer));
        for (scenario, healer) in others {
            println!("not played on {}: {}, {}", host.engine(), scenario.name, healer.name());
        }
        let permits = Permits::of(self.at_once);
        let plain = rows.iter().map(|(scenario, healer)| Cell { scenario, harm: Harm::Nothing, k: 0, healer: *healer, voids: 0 });
        let plain = plain.collect();
        log.watch(host, &[Harm::Nothing], || machine::pool(host, plain, &permits, |cell, found| log.tell(cell, &found)));

        let harms = self.harm.iter().map(|name| Harm::named(name).unwrap_or_else(|| usage("harm", name)));
        let (of_host, of_cell): (Vec<Harm>, Vec<Harm>) = harms.filter(|harm| *harm != Harm::Nothing).partition(|harm| harm.is_of_host());
        let cells = of_cell.iter().flat_map(|harm| self.cells(&log, &rows, *harm)).collect();
        log.watch(host, &of_cell, || machine::pool(host, cells, &permits, |cell, found| log.tell(cell, &found)));
        for harm in of_host {
            let mut cells = self.cells(&log, &rows, harm);
            for tries_left in (0..TRIES).rev() {
                let void = Mutex::new(Vec::new());
                let tell = |cell: Cell, found: Found| {
                    if found.is_void && tries_left > 0 {
                        println!("{}, {} {}: the engine lost it, once more\n{}", cell.scenario.name, harm.name(), cell.k, found.told());
                        void.lock().unwrap_or_else(PoisonError::into_inner).push(Cell { voids: cell.voids + 1, ..cell });
                    } else {
                        log.tell(cell, &found);
                    }
                };
                for some in cells.chunks(self.batch.min(harm.most_at_once())) {
                    log.watch(host, &[harm], || machine::batch(host, harm, some, self.at_once, tell));
                }
                cells = void.into_inner().unwrap_or_else(PoisonError::into_inner);
            }
        }
        let failed = *log.failed.lock().unwrap_or_else(PoisonError::into_inner);
        println!("{}: {failed} cells failed, {} s", log.engine, log.begun.elapsed().as_secs());
        if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    fn scenarios(&self) -> Vec<&'static Scenario> {
        if self.scenario.iter().any(|name| name == "all") {
            return ALL.iter().collect();
        }
        self.scenario.iter().map(|name| machine::scenario(name).unwrap_or_else(|| usage("scenario", name))).collect()
    }

    fn cells(&self, log: &Log, rows: &[(&'static Scenario, Healer)], harm: Harm) -> Vec<Cell> {
        let times = if harm.is_racy() { self.times } else { 1 };
        let of = |(scenario, healer): &(&'static Scenario, Healer)| {
            let (scenario, healer) = (*scenario, *healer);
            let all = 1..=log.count(scenario, healer);
            all.filter(|k| self.call.is_empty() || self.call.contains(k))
                .map(move |k| Cell { scenario, harm, k, healer, voids: 0 })
                .collect::<Vec<_>>()
        };
        let once: Vec<Cell> = rows.iter().flat_map(of).collect();
        (0..times).flat_map(|_| once.clone()).collect()
    }
}

fn usage(what: &str, name: &str) -> ! {
    eprintln!("there is no {what} {name}; see `list`");
    std::process::exit(2)
}

impl Log<'_> {
    fn count(&self, scenario: &Scenario, healer: Healer) -> usize {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).get(&(scenario.name, healer.name())).map_or(0, Vec::len)
    }

    /// Does cells, and tells which volumes they left behind that are nobody's.
    fn watch(&self, host: &Host, harms: &[Harm], work: impl FnOnce()) {
        if harms.is_empty() {
            return;
        }
        let before = machine::unused_volumes(host);
        work();
        let left: Vec<String> = machine::unused_volumes(host).difference(&before).cloned().collect();
        let harm = harms.iter().map(|harm| harm.name()).collect::<Vec<_>>().join(", ");
        let mut problems = Vec::new();
        if !left.is_empty() {
            *self.failed.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            println!("FAILED: after {harm} nobody uses the volumes {left:?}");
            problems.push(format!("nobody uses the volumes {left:?}"));
        }
        self.write(&Line { scenario: machine::TOGETHER.to_owned(), harm, problems, ..self.line() });
    }

    /// What all lines of this run say.
    fn line(&self) -> Line {
        let (engine, version, run) = (self.engine.clone(), self.version.clone(), self.run.clone());
        Line { engine, version, run, seconds: self.begun.elapsed().as_secs(), ..Line::default() }
    }

    fn write(&self, line: &Line) {
        machine::write(&self.args.out, line).unwrap_or_else(|why| panic!("{}: {why}", self.args.out.display()));
    }

    fn tell(&self, cell: Cell, found: &Found) {
        let (scenario, healer) = (cell.scenario.name, cell.healer.name());
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if cell.harm == Harm::Nothing {
            calls.insert((scenario, healer), found.counted());
        }
        let of = calls.get(&(scenario, healer)).map_or(0, Vec::len);
        let call = found.counted().into_iter().nth(cell.k.saturating_sub(1)).unwrap_or_default();
        let title = format!("{scenario}, {} {}, {healer}", cell.harm.name(), cell.k);
        println!("{:>5} s  {title}: {}", self.begun.elapsed().as_secs(), if found.problems.is_empty() { "ok" } else { "FAILED" });
        if !found.problems.is_empty() {
            *self.failed.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            println!("{}", found.told());
        }
        let line = Line {
            scenario: scenario.to_owned(),
            harm: cell.harm.name().to_owned(),
            healer: healer.to_owned(),
            k: cell.k,
            of,
            call,
            problems: found.problems.clone(),
            voids: cell.voids,
            ..self.line()
        };
        self.write(&line);
        // Long ones, each beside its line.
        if !found.problems.is_empty() {
            let path = self.args.out.with_extension(format!("{}-{scenario}-{}-{}-{healer}.txt", self.engine, cell.harm.name(), cell.k));
            fs::write(&path, format!("{}\n{}", found.told(), found.said)).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        }
    }
}
