//! Where the observed number of encounters lies among the numbers under the shifts.

use super::hours::Hours;
use super::laid::{Met, Span};
use super::prepared::{Asked, Passes};
use super::shifts::{Plan, Shift, Step};
use crate::evaluate::Device;
use crate::evaluate::chunks::Chunked;
use crate::model::ProximityParams;
use crate::time::ZoneRule;

/// How chance is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CoincidenceParams {
    /// At most so many shifts, the shortest.
    pub max_shifts: usize,
    /// So many shifts by weeks are enough; with fewer, days are tried.
    pub enough_weeks: usize,
    /// A shift counts if it leaves this share of the hours in common.
    pub min_share: f64,
    /// The chance at which an answer says more (or fewer) than by chance.
    pub alpha: f64,
    /// On so many days a device must be at a place to be often there.
    pub anchor_days: u32,
    /// And on this share of the days on which it was recorded.
    pub anchor_share: f64,
}

impl Default for CoincidenceParams {
    fn default() -> Self {
        // 39 shifts give a floor of 1/40 = alpha / 2: what two questions asked at once are held to.
        Self { max_shifts: 1_000, enough_weeks: 39, min_share: 0.5, alpha: 0.05, anchor_days: 3, anchor_share: 0.2 }
    }
}

/// The encounters of one kind, observed and under the shifts.
#[derive(Debug, Clone, PartialEq)]
pub struct Stratum {
    /// Observed encounters.
    pub observed: u32,
    /// The mean under the shifts, for as many hours as were observed in common.
    pub expected: f64,
    /// The least number that 5 %, 50 %, 95 % and all of the shifts do not exceed, each scaled to as many hours.
    pub quantiles: [f64; 4],
    /// Shifts with as many encounters as were observed in the same hours, or more.
    pub at_least: u32,
    /// Shifts with as many or fewer.
    pub at_most: u32,
    /// Shifts compared.
    pub shifts: u32,
}

impl Stratum {
    /// The chance of as many encounters or more: `(1 + at least as many) / (1 + shifts)`.
    #[must_use]
    pub fn p_more(&self) -> f64 {
        (1.0 + f64::from(self.at_least)) / (1.0 + f64::from(self.shifts))
    }

    /// The chance of as few encounters or fewer.
    #[must_use]
    pub fn p_fewer(&self) -> f64 {
        (1.0 + f64::from(self.at_most)) / (1.0 + f64::from(self.shifts))
    }

    /// The least chance that so many shifts can give.
    #[must_use]
    pub fn floor(&self) -> f64 {
        1.0 / (1.0 + f64::from(self.shifts))
    }

    /// Whether anything of this kind happened, observed or under a shift.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.observed == 0 && self.quantiles[3] == 0.0
    }
}

/// Why chance cannot be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// One of the devices has no records.
    NoRecords,
    /// There is no hour in which both were recorded.
    NoHoursInCommon,
    /// So few shifts can be compared that no number would be unusual.
    TooFewShifts,
}

/// Two devices against chance.
#[derive(Debug, Clone, PartialEq)]
pub struct Coincidence {
    /// Why it says nothing, if it does not.
    pub refusal: Option<Refusal>,
    /// The observed encounters, in order of time.
    pub met: Vec<Met>,
    /// Weeks or days.
    pub step: Step,
    /// The shifts, days, the shorter way around the cycle.
    pub shifts_days: Vec<i64>,
    /// How many independent shifts they are worth; `None` if all gave the same number.
    pub effective_shifts: Option<f64>,
    /// Hours of the wall clock in which both devices were recorded.
    pub hours_in_common: u32,
    /// Places where both devices often are.
    pub places_in_common: usize,
    /// All encounters.
    pub together: Stratum,
    /// Encounters that touch a place in common.
    pub in_common: Stratum,
    /// Encounters elsewhere.
    pub elsewhere: Stratum,
    /// Hours of the wall clock that the encounters touch: a few long encounters are not less than many short ones.
    pub hours_together: Stratum,
}

/// Compares the encounters of two devices with those under shifts of the suspect's records.
///
/// An encounter is what [`encounter::fold`](crate::encounter::fold()) makes of the pairs of records within
/// `params.window_us` of each other. Days, hours and weekdays are those of `zone`. Records with an end before their start,
/// or of a time before 1990 or after 2200, are left out.
#[must_use]
pub fn coincidence(
    suspect: &Device,
    victim: &Device,
    zone: &ZoneRule,
    params: &ProximityParams,
    how: &CoincidenceParams,
) -> Coincidence {
    let asked = Asked { zone: zone.clone(), how: *how, ways: vec![*params] };
    let mut passes = Passes::default();
    let (suspect, victim) = (Chunked::anew(suspect.records()), Chunked::anew(victim.records()));
    let found = passes.prepare(&suspect, &victim, &asked).compare(usize::MAX).pop();
    found.unwrap_or_else(|| Coincidence::refused(Refusal::NoRecords, Vec::new(), 0))
}

/// What was observed among what was counted under the shifts.
pub(super) fn compared(
    plan: &Plan,
    met: Vec<Met>,
    hours: Together,
    counted: &[Counted],
    (places_in_common, alpha): (usize, f64),
) -> Coincidence {
    let of = |kind| stratum(&met, hours.together, counted, kind, hours.in_common);
    let mut found = Coincidence {
        refusal: None,
        step: plan.step,
        shifts_days: plan.shifts.iter().map(|shift| plan.days_of(shift)).collect(),
        effective_shifts: effective(&counted.iter().map(|c| c.rate(Kind::Together)).collect::<Vec<_>>()),
        hours_in_common: hours.in_common,
        places_in_common,
        together: of(Kind::Together),
        in_common: of(Kind::InCommon),
        elsewhere: of(Kind::Elsewhere),
        hours_together: of(Kind::Hours),
        met,
    };
    let too_few = found.together.floor() > found.held_to(alpha);
    found.refusal = too_few.then_some(Refusal::TooFewShifts);
    found
}

/// Hours in which both devices were recorded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Together {
    pub(super) in_common: u32,
    /// Those of them that the observed encounters touch.
    pub(super) together: u32,
}

impl Coincidence {
    /// The chance that each of the two kinds is held to: `alpha`, halved if both in common and elsewhere there is anything
    /// to count, for two questions are asked then (Bonferroni).
    #[must_use]
    pub fn held_to(&self, alpha: f64) -> f64 {
        if self.in_common.is_empty() || self.elsewhere.is_empty() { alpha } else { alpha / 2.0 }
    }

    /// A comparison that says nothing but what was observed.
    pub(super) fn refused(refusal: Refusal, met: Vec<Met>, places_in_common: usize) -> Self {
        let of = |kind| stratum(&met, 0, &[], kind, 0);
        Self {
            refusal: Some(refusal),
            step: Step::Weeks,
            shifts_days: Vec::new(),
            effective_shifts: None,
            hours_in_common: 0,
            places_in_common,
            together: of(Kind::Together),
            in_common: of(Kind::InCommon),
            elsewhere: of(Kind::Elsewhere),
            hours_together: of(Kind::Hours),
            met,
        }
    }
}

/// Which encounters are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Together,
    InCommon,
    Elsewhere,
    /// The hours that all of them touch, instead of their number.
    Hours,
}

impl Kind {
    /// The kinds of encounters, in the order of their declaration.
    const ENCOUNTERS: [Self; 3] = [Self::Together, Self::InCommon, Self::Elsewhere];

    const fn has(self, in_common: bool) -> bool {
        match self {
            Self::Together | Self::Hours => true,
            Self::InCommon => in_common,
            Self::Elsewhere => !in_common,
        }
    }
}

/// One shift's encounters by kind, and the hours that they touch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shifted {
    encounters: [u32; 3],
    hours: u32,
}

impl Shifted {
    pub(super) fn of(plan: &Plan, shift: &Shift, encounters: &[Span]) -> Self {
        let hours = plan.hours_of(shift, encounters.iter().map(Span::times_us)).count();
        Self { encounters: by_kind(encounters, |start_us| plan.counts(shift, start_us)), hours }
    }
}

/// One shift's encounters beside those observed in the same hours, of each kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    hours: f64,
    numbers: [(u32, u32); 4],
}

impl Counted {
    /// `touched` are the hours that the observed encounters touch.
    pub(super) fn of(shift: &Shift, shifted: Shifted, observed: &[Span], touched: &Hours) -> Self {
        let [all, common, elsewhere] = by_kind(observed, |start_us| shift.unshifted.has(start_us));
        let [of_all, of_common, of_elsewhere] = shifted.encounters;
        let hours_together = (shifted.hours, touched.and(&shift.unshifted).count());
        let numbers = [(of_all, all), (of_common, common), (of_elsewhere, elsewhere), hours_together];
        Self { hours: f64::from(shift.hours.count()), numbers }
    }

    fn numbers(&self, kind: Kind) -> (u32, u32) {
        self.numbers[kind as usize]
    }

    fn rate(&self, kind: Kind) -> f64 {
        f64::from(self.numbers(kind).0) / self.hours
    }
}

/// How many of the encounters that count by their start are of each kind.
fn by_kind(encounters: &[Span], counts: impl Fn(i64) -> bool) -> [u32; 3] {
    let mut numbers = [0; 3];
    for encounter in encounters.iter().filter(|encounter| counts(encounter.start_us)) {
        for (number, kind) in numbers.iter_mut().zip(Kind::ENCOUNTERS) {
            *number += u32::from(kind.has(encounter.common));
        }
    }
    numbers
}

fn count(met: &[Met], kind: Kind) -> u32 {
    u32::try_from(met.iter().filter(|met| kind.has(met.in_common)).count()).unwrap_or(u32::MAX)
}

fn real(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

fn stratum(met: &[Met], hours_together: u32, counted: &[Counted], kind: Kind, hours: u32) -> Stratum {
    let numbers: Vec<(u32, u32)> = counted.iter().map(|c| c.numbers(kind)).collect();
    let how_many = |is: fn(u32, u32) -> bool| {
        u32::try_from(numbers.iter().filter(|(shifted, observed)| is(*shifted, *observed)).count()).unwrap_or(u32::MAX)
    };
    let all_hours: f64 = counted.iter().map(|c| c.hours).sum();
    let all: f64 = numbers.iter().map(|(shifted, _)| f64::from(*shifted)).sum();
    let mut scaled: Vec<f64> = counted.iter().map(|c| c.rate(kind) * f64::from(hours)).collect();
    scaled.sort_unstable_by(f64::total_cmp);
    Stratum {
        observed: if kind == Kind::Hours { hours_together } else { count(met, kind) },
        expected: if all_hours > 0.0 { all / all_hours * f64::from(hours) } else { f64::NAN },
        quantiles: [0.05, 0.5, 0.95, 1.0].map(|share| quantile(&scaled, share)),
        at_least: how_many(|shifted, observed| shifted >= observed),
        at_most: how_many(|shifted, observed| shifted <= observed),
        shifts: u32::try_from(counted.len()).unwrap_or(u32::MAX),
    }
}

/// The least of the sorted values that a share of them does not exceed; 0 of none.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = sorted.iter().enumerate().position(|(at, _)| real(at + 1) >= share * real(sorted.len()));
    at.and_then(|at| sorted.get(at)).copied().unwrap_or(0.0)
}

/// How many independent values a series that depends on its neighbours is worth: `n / (1 + 2 Σ r_j)`, the correlations with
/// later values up to the first that is not above 0.
///
/// Source: Thiébaux and Zwiers, J. Climate Appl. Meteorol. 23 (1984) 800-811, cut off as usual for such series.
fn effective(series: &[f64]) -> Option<f64> {
    let n = real(series.len());
    let mean = series.iter().sum::<f64>() / n;
    let products =
        |lag: usize| series.iter().zip(series.iter().skip(lag)).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>();
    let variance = products(0);
    if series.len() < 2 || variance <= 0.0 {
        return None;
    }
    let sum: f64 = (1..series.len()).map(|lag| products(lag) / variance).take_while(|r| *r > 0.0).sum();
    Some((n / (1.0 + 2.0 * sum)).clamp(1.0, n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_occur() {
        let values = [0.0, 1.0, 2.0, 3.0];
        assert_eq!([0.05, 0.25, 0.5, 0.51, 1.0].map(|share| quantile(&values, share)), [0.0, 0.0, 1.0, 2.0, 3.0]);
        assert_eq!(quantile(&[], 0.5), 0.0);
    }

    #[test]
    fn a_series_that_repeats_itself_is_worth_less() {
        // Alternating: the first correlation is negative, nothing is taken off.
        assert_eq!(effective(&[0.0, 1.0, 0.0, 1.0]), Some(4.0));
        // By hand: mean 0.5, r1 = 0.25, r2 = -0.5, so 4 / 1.5.
        let worth = effective(&[0.0, 0.0, 1.0, 1.0]).unwrap();
        assert!((worth - 4.0 / 1.5).abs() < 1e-12, "{worth}");
        assert_eq!((effective(&[2.0, 2.0]), effective(&[])), (None, None));
    }

    #[test]
    fn chances_count_what_was_observed_among_the_shifts() {
        let stratum = Stratum {
            observed: 3,
            expected: 0.5,
            quantiles: [0.0, 0.0, 2.0, 3.0],
            at_least: 1,
            at_most: 99,
            shifts: 99,
        };
        assert_eq!((stratum.p_more(), stratum.p_fewer(), stratum.floor()), (0.02, 1.0, 0.01));
    }
}
