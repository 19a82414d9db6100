//! What is to be done on each engine that is served. One thing at a time: where a service may be down goes before what is new, on whichever engine.

use jiff::Timestamp;
use std::time::Duration;

use super::{Agenda, Moment, Outcome, Pass, Timetable};
use crate::ask::Served;

/// An agenda for each engine, in the order in which they are served.
#[derive(Debug, Default)]
pub struct Agendas(Vec<(Served, Agenda)>);

impl Agendas {
    /// From now on these are served. One that was served before goes on with its agenda; `begin` makes that of another.
    pub fn serve(&mut self, served: &[Served], mut begin: impl FnMut(&Served) -> Agenda) {
        let mut before = std::mem::take(&mut self.0);
        for one in served {
            let known = before.iter().position(|(known, _)| known.name == one.name).map(|at| before.swap_remove(at).1);
            let agenda = known.unwrap_or_else(|| begin(one));
            self.0.push((one.clone(), agenda));
        }
    }

    /// What is to be begun now, and on which engine.
    pub fn due(&mut self, now: Moment) -> Option<(Served, Pass)> {
        let due = self.0.iter_mut().filter_map(|(served, agenda)| Some((served.clone(), agenda.due(now)?)));
        let due: Vec<_> = due.collect();
        let resume = due.iter().position(|(_, pass)| *pass == Pass::Resume).unwrap_or(0);
        due.into_iter().nth(resume)
    }

    /// How long there is nothing to do, if nothing happens.
    pub fn pause(&self, now: Moment) -> Duration {
        self.0.iter().map(|(_, agenda)| agenda.pause(now)).min().unwrap_or(Duration::MAX)
    }

    /// See [`Agenda::ended`]. One that is not served any more has no agenda.
    pub fn ended(&mut self, served: &Served, pass: Pass, outcome: Outcome, look_at: Option<Timestamp>, now: Moment) {
        if let Some((_, agenda)) = self.0.iter_mut().find(|(known, _)| known.name == served.name) {
            agenda.ended(pass, outcome, look_at, now);
        }
    }

    /// See [`Agenda::look`].
    pub fn look(&mut self, look_at: impl Fn(&Served) -> Option<Timestamp>, now: Moment) {
        self.0.iter_mut().for_each(|(served, agenda)| agenda.look(look_at(served), now));
    }

    /// See [`Agenda::set_timetable`].
    pub fn set_timetable(&mut self, timetable: &Timetable, now: Moment) {
        self.0.iter_mut().for_each(|(_, agenda)| agenda.set_timetable(timetable.clone(), now));
    }

    /// When the next scheduled run begins.
    pub fn next_run(&self) -> Option<Timestamp> {
        self.0.iter().filter_map(|(_, agenda)| agenda.next_run()).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn served(names: &[&str]) -> Vec<Served> {
        names.iter().map(|name| Served { name: name.parse().ok(), is_expected: true, is_heir: false }).collect()
    }

    fn moment(seconds: i64) -> Moment {
        let at: Timestamp = "2026-11-26T03:59:00Z".parse().expect("a time");
        Moment { at: at + jiff::SignedDuration::from_secs(seconds), elapsed: Duration::from_secs(u64::try_from(seconds).unwrap_or(0)) }
    }

    fn timetable() -> Timetable {
        let config = Config { time_zone: Some("UTC".into()), ..Config::default() };
        Timetable::new(&config, 0, moment(0).at).expect("a time zone")
    }

    fn begun(engines: &[Served], is_owed: bool) -> Agendas {
        let mut agendas = Agendas::default();
        agendas.serve(engines, |_| Agenda::new(timetable(), is_owed));
        agendas
    }

    /// Does all that is due, each as `outcome` says; in which order.
    fn work(agendas: &mut Agendas, seconds: i64, outcome: impl Fn(&str) -> Outcome) -> Vec<String> {
        let (mut done, now) = (Vec::new(), moment(seconds));
        while let Some((engine, pass)) = agendas.due(now) {
            assert!(done.len() < 20, "without end: {done:?}");
            done.push(format!("{} {pass:?}", engine.label()));
            agendas.ended(&engine, pass, outcome(&engine.label()), None, now);
        }
        done
    }

    #[test]
    fn what_earlier_runs_left_on_any_engine_goes_before_what_is_new_on_the_first() {
        let mut agendas = begun(&served(&["docker", "podman"]), true);
        let done = work(&mut agendas, 0, |_| Outcome::Done);
        assert_eq!(done, ["docker Resume", "podman Resume", "docker Run", "podman Run"]);
        assert_eq!(work(&mut agendas, 30, |_| Outcome::Done), Vec::<String>::new());
        assert_eq!(work(&mut agendas, 61, |_| Outcome::Done), ["docker Run", "podman Run"], "the schedule is everybody's");
    }

    #[test]
    fn an_engine_that_is_away_is_tried_again_by_itself_and_keeps_no_other_from_its_run() {
        let mut agendas = begun(&served(&["docker", "podman:alice"]), true);
        let away = |label: &str| if label == "docker" { Outcome::Failed } else { Outcome::Done };
        assert_eq!(work(&mut agendas, 0, away), ["docker Resume", "podman:alice Resume", "podman:alice Run"]);
        assert_eq!(work(&mut agendas, 2, away), ["docker Resume"]);
        // It is back: what it missed is made up for, and nobody else's.
        assert_eq!(work(&mut agendas, 10, |_| Outcome::Done), ["docker Resume", "docker Run"]);
    }

    #[test]
    fn one_that_comes_later_begins_and_the_others_go_on_where_they_were() {
        let mut agendas = begun(&served(&["docker"]), false);
        work(&mut agendas, 0, |_| Outcome::Done);
        agendas.serve(&served(&["podman", "docker"]), |_| Agenda::new(timetable(), false));
        assert_eq!(work(&mut agendas, 1, |_| Outcome::Done), ["podman Resume"]);
        agendas.serve(&served(&["podman"]), |_| panic!("it is served already"));
        assert_eq!(work(&mut agendas, 61, |_| Outcome::Done), ["podman Run"]);
    }
}
