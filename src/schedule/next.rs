//! When a schedule fires next, and whether it was missed. Pure: the caller brings the instant and the zone.

use chrono::Utc;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

use super::Schedule;

impl Schedule {
    /// The first firing strictly later than `after`; the head of this room has the rule for clock changes.
    ///
    /// It depends on nothing but its arguments: a daemon that starts in the second pass of a repeated hour does not fire what the first pass had.
    /// `None` after the year 2100, where `cron` ends. Cost: one step, and if `after` lies in the second pass of a repeated hour one more for each firing
    /// that is left of the first pass, at most 60 an hour.
    pub fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let mut civil = zone.to_datetime(after);
        loop {
            civil = self.next_civil(civil)?;
            // Not later: the clock was put back meanwhile, and `civil` fired in its first pass.
            let at = first_instant(civil, zone)?;
            if at > after {
                return Some(at);
            }
        }
    }

    /// Whether a firing lies after `last_begun`, up to and including `now`; however many there are, one run makes up for them.
    ///
    /// False for `None`: what never ran has missed nothing. False too if the clock was set back behind `last_begun`.
    pub fn is_missed(&self, last_begun: Option<Timestamp>, now: Timestamp, zone: &TimeZone) -> bool {
        last_begun.and_then(|last_begun| self.next(last_begun, zone)).is_some_and(|due| due <= now)
    }

    /// The first civil time of the schedule strictly later than `civil`, with UTC as the stand-in for a clock that is never changed.
    fn next_civil(&self, civil: DateTime) -> Option<DateTime> {
        let whole_second = civil.with().subsec_nanosecond(0).build().ok()?;
        // `cron` knows no year before 1970: the second before it stands for all of them.
        let seconds = Offset::UTC.to_timestamp(whole_second).ok()?.as_second().max(-1);
        let stand_in = chrono::DateTime::<Utc>::from_timestamp(seconds, 0)?;
        let firsts = self.either.iter().filter_map(|part| part.after(&stand_in).next());
        let next = Timestamp::from_second(firsts.min()?.timestamp()).ok()?;
        Some(Offset::UTC.to_datetime(next))
    }
}

/// The first instant at which the clock of `zone` shows `civil` or something later.
fn first_instant(civil: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(civil).offset() {
        AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => offset.to_timestamp(civil).ok(),
        // 02:30 of a gap from 02:00 (+01) to 03:00 (+02): read with the later offset it is half an hour before the change, so the change follows.
        AmbiguousOffset::Gap { after, .. } => {
            let shortly_before = after.to_timestamp(civil).ok()?;
            let mut changes = zone.following(shortly_before).map(|change| change.timestamp());
            changes.find(|change| zone.to_datetime(*change) > civil)
        }
    }
}
