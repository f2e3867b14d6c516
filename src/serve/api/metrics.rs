//! Metrics for those who are not known: without the series that name a case. Pure.

/// The text without the series of cases that are not `seen`. Lines of `OpenMetrics` that are no series stay.
pub(in crate::serve) fn without_cases(text: &str, seen: impl Fn(&str) -> bool) -> String {
    let shown = |line: &&str| line.starts_with('#') || case_of(line).is_none_or(|case| seen(&case));
    text.split_inclusive('\n').filter(shown).collect()
}

/// The case that a series is labelled with.
fn case_of(line: &str) -> Option<String> {
    let labels = line.split_once('{')?.1;
    let at = if labels.starts_with("case=\"") { 0 } else { labels.find(",case=\"")? + 1 };
    let mut case = String::new();
    let mut chars = labels.get(at + "case=\"".len()..)?.chars();
    loop {
        match chars.next()? {
            '"' => return Some(case),
            '\\' => case.push(match chars.next()? {
                'n' => '\n',
                other => other,
            }),
            other => case.push(other),
        }
    }
}

/// The cases that the series of a text are labelled with.
pub(in crate::serve) fn cases_in(text: &str) -> std::collections::BTreeSet<String> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(case_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# HELP x of a case {case=\"A\"}.\nx{case=\"A\"} 1\nx{partition=\"1\",case=\"q\\\"B\\\\\"} 2\n\
                        x{case_of=\"C\",lowercase=\"D\"} 3\ny 4\n# EOF\n";

    #[test]
    fn only_series_of_cases_that_are_seen_are_left() {
        let lines = |seen: &dyn Fn(&str) -> bool| {
            without_cases(TEXT, seen).lines().map(|l| l.rsplit(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(lines(&|_| false), ["{case=\"A\"}.", "3", "4", "EOF"]);
        assert_eq!(lines(&|case| case == "q\"B\\"), ["{case=\"A\"}.", "2", "3", "4", "EOF"]);
        assert_eq!(without_cases(TEXT, |_| true), TEXT);
        assert_eq!(cases_in(TEXT).into_iter().collect::<Vec<_>>(), ["A", "q\"B\\"]);
    }
}
