//! What was set aside because no authority covers it: how many records of a device, which, and why.

use crate::evaluate::case::{Case, SetAside};
use crate::evaluate::finding::{Cited, Figure, Finding, Topic, UNBOUNDED};
use crate::evaluate::words::Phrase;
use crate::evaluate::words::quality as words;
use crate::model::{Excess, ExcessRow, Outside};

/// One finding for each device of a case with records, used or set aside; none where no authority is given.
#[must_use]
pub fn findings(case: &Case) -> Vec<Finding> {
    let SetAside { authorities, excess } = &case.set_aside;
    if authorities.is_empty() {
        return Vec::new();
    }
    let mut used: std::collections::BTreeMap<&str, usize> = excess.keys().map(|name| (name.as_str(), 0)).collect();
    for device in case.suspects.iter().chain(&case.victims) {
        let records = used.entry(&device.name).or_default();
        // A device that is both, at different times, is read under both.
        *records = records.saturating_add(device.records().len());
    }
    used.into_iter().map(|(device, kept)| finding(device, kept, &case.set_aside)).collect()
}

fn finding(device: &str, kept: usize, set_aside: &SetAside) -> Finding {
    let SetAside { authorities, excess } = set_aside;
    let none = Excess::default();
    let excess = excess.get(device).unwrap_or(&none);
    let outside = usize::try_from(excess.total()).unwrap_or(usize::MAX);
    let all = outside.saturating_add(kept);
    let count = |why: Outside| excess.count(why);
    let (answer, says) = match (outside, authorities.of(device).next()) {
        (0, None) => ("not_named", words::NOT_NAMED.fill(&[&device, &all])),
        (0, Some(_)) => ("within_authority", words::INSIDE.fill(&[&all, &device])),
        (_, _) => {
            let [identifier, period, part] = Outside::ALL.map(count);
            ("quarantined", words::OUTSIDE.fill(&[&outside, &all, &device, &identifier, &period, &part]))
        }
    };
    let question = words::QUESTION_AUTHORITY.fill(&[&device]);
    let mut finding = Finding::new(Topic::Quality, "authority", &question, answer, &says);
    finding.device = Some(device.to_owned());
    finding.figures = vec![Figure::count("records", all), Figure::count("quarantined", outside)];
    let by_reason =
        Outside::ALL.map(|why| Figure::count(why.as_str(), usize::try_from(count(why)).unwrap_or(usize::MAX)));
    finding.figures.extend(by_reason);
    finding.fixes = excess.first().iter().map(|row| cited(device, row)).collect();
    for authority in authorities.of(device) {
        finding.parameters.push(Figure::word("authority", &*authority.reference));
        finding.parameters.push(end("authorised_from_us", authority.from_us));
        finding.parameters.push(end("authorised_to_us", authority.to_us));
    }
    if finding.parameters.is_empty() {
        finding.parameters.push(Figure::word("authority", "none"));
    }
    finding.alternatives = vec![words::ALT_EXTRACT.text()];
    finding.limits = [words::LIMIT_AUTHORITY, words::LIMIT_NO_POSITION].map(Phrase::text).to_vec();
    finding
}

/// An end of a period; a period may be open.
fn end(name: &'static str, us: i64) -> Figure {
    if us == i64::MIN || us == i64::MAX { Figure::word(name, UNBOUNDED) } else { Figure::moment(name, us) }
}

/// Where a record stands and of when it is. Where it lies is not said: it was not looked at.
fn cited(device: &str, row: &ExcessRow) -> Cited {
    Cited {
        device: device.to_owned(),
        part: "outside",
        exhibit: row.exhibit.clone(),
        row: row.row,
        t0_us: row.t0_us,
        t1_us: row.t1_us,
        lat_deg: f64::NAN,
        lon_deg: f64::NAN,
        uncertainty_m: f64::NAN,
    }
}
