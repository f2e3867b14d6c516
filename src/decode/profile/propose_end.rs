//! The `[end]` of a proposed profile: for a file whose rows tell where and when they ended.

use super::guess::{Role, Table};
use super::propose::Draft;
use super::value_shape::families;

/// The columns of a row's end in an unknown file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EndColumns {
    place: [(&'static str, usize); 2],
    time: Vec<(&'static str, usize)>,
}

impl EndColumns {
    /// By the usual headings; `None` if there is no position for the end.
    pub(super) fn of(table: &Table) -> Option<Self> {
        let pair = |a, b| table.by_name(a).zip(table.by_name(b));
        let geographic = pair(Role::EndLat, Role::EndLon).map(|(lat, lon)| [("lat", lat), ("lon", lon)]);
        let grid = || pair(Role::EndEasting, Role::EndNorthing).map(|(e, n)| [("easting", e), ("northing", n)]);
        let place = geographic.or_else(grid)?;
        // A column "End Time" may hold whole times, or times of day that need the date beside it.
        let whole = table.by_name(Role::End).filter(|at| !families(&table.values(*at)).is_empty());
        let mut time: Vec<_> = whole.map(|at| ("time", at)).into_iter().collect();
        if let (None, Some((date, clock))) = (whole, pair(Role::EndDate, Role::EndClock)) {
            time.extend([("date", date), ("clock", clock)]);
        }
        time.extend(table.by_name(Role::Duration).map(|at| ("duration", at)));
        Some(Self { place, time })
    }
}

impl Draft {
    /// Writes `[end]` if the file has the columns for it.
    pub(super) fn end(&mut self, table: &Table) {
        let Some(EndColumns { place, time }) = EndColumns::of(table) else { return };
        if time.is_empty() {
            self.confirm
                .push("end: the file says where rows ended and not when, so their ends are not used".to_owned());
            return;
        }
        self.line("\n# A row that fills these gives a second fix: where it ended, when it ended.");
        self.line("[end]");
        for (key, at) in time.iter().chain(&place) {
            self.key(key, table, *at);
        }
        for (role, key) in [(Role::EndCell, "named_by"), (Role::EndAzimuth, "azimuth")] {
            if let Some(at) = table.by_name(role) {
                self.key(key, table, at);
            }
        }
        self.sure.push("rows say where they ended: each gives a second fix there".to_owned());
        if time.iter().any(|(key, _)| *key == "duration") {
            self.confirm.push("end: durations are taken to be seconds or h:mm:ss, counted from the start".to_owned());
        }
    }
}
