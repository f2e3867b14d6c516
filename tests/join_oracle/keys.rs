//! Equality keys in every encoding, with NULLs, empty and long strings.

use datafusion::prelude::SessionContext;

use super::engine::{open, plain_options, same_as_plain};
use super::world::Row;

const LONG: &str = "a case name of far more than twelve bytes";

/// Rows at one place and moment whose keys cycle; the empty key comes first.
fn rows(n: i64, shift: i64) -> Vec<Row> {
    let keys = [Some(""), Some("a"), None, Some(LONG), Some("twelve bytes"), Some("b"), Some(LONG)];
    let key = |id: i64| keys[usize::try_from((id + shift) % 7).unwrap()];
    (0..n).map(|id| Row { key: key(id), ..Row::at(id, 51.5, -0.1, 0) }).collect()
}

fn context() -> SessionContext {
    open(&plain_options(), &rows(23, 0), &rows(40, 0))
}

const NEAR: &str = "distance_m(l.lat, l.lon, r.lat, r.lon) <= 10";

fn joined(left: &str, right: &str, on: &str) -> usize {
    let sql = format!(
        "SELECT l.id, r.id FROM (SELECT *, {left} AS x FROM l) l JOIN (SELECT *, {right} AS x FROM r) r ON {on} AND {NEAR}"
    );
    same_as_plain(&context(), &sql).len()
}

#[test]
fn text_keys_of_every_encoding() {
    let encodings = ["Utf8", "Utf8View", "LargeUtf8", "Dictionary(Int32, Utf8)", "Dictionary(UInt8, Utf8)"];
    let mut found = std::collections::BTreeSet::new();
    for left in encodings {
        for right in encodings {
            let of = |t: &str| format!("arrow_cast(k, '{t}')");
            found.insert(joined(&of(left), &of(right), "l.x = r.x"));
        }
    }
    let expected = expected_text_pairs();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), vec![expected]);
}

fn expected_text_pairs() -> usize {
    let (l, r) = (rows(23, 0), rows(40, 0));
    l.iter().map(|l| r.iter().filter(|r| l.key.is_some() && l.key == r.key).count()).sum()
}

/// The first row of a batch has the empty key.
#[test]
fn the_empty_key_is_a_key() {
    let one = [Row { key: Some(""), ..Row::at(1, 51.5, -0.1, 0) }];
    for (l, r) in [(&one[..], &rows(7, 0)[..]), (&rows(7, 0)[..], &one[..]), (&one[..], &one[..])] {
        let context = open(&plain_options(), l, r);
        assert_eq!(
            same_as_plain(&context, &format!("SELECT l.id, r.id FROM l JOIN r ON l.k = r.k AND {NEAR}")).len(),
            1
        );
    }
}

#[test]
fn numbers_dates_booleans_and_bytes_are_keys() {
    let mod5 = "CASE WHEN id % 5 = 4 THEN NULL ELSE id % 5 END";
    for (kind, pairs) in [
        ("Int64", 5 * 8 + 5 * 8 + 5 * 8 + 4 * 8),
        ("Int8", 152),
        ("UInt64", 152),
        ("Float64", 152),
        ("Decimal128(20, 3)", 152),
        ("Utf8", 152),
    ] {
        let of = format!("arrow_cast({mod5}, '{kind}')");
        assert_eq!(joined(&of, &of, "l.x = r.x"), pairs, "{kind}");
    }
    assert_eq!(joined(&format!("arrow_cast({mod5}, 'Int32')"), mod5, "l.x = r.x"), 152, "Int32 with Int64");
    assert_eq!(joined("id % 2 = 0", "id % 2 = 0", "l.x = r.x"), 12 * 20 + 11 * 20);
    let zeros = "CASE id % 3 WHEN 0 THEN 0.0 WHEN 1 THEN -0.0 ELSE CAST('NaN' AS DOUBLE) END";
    assert!(joined(zeros, zeros, "l.x = r.x") > 0);
}

#[test]
fn several_keys_and_computed_keys() {
    let all = "l.k = r.k AND l.id % 3 = r.id % 3";
    assert!(joined("k", "k", all) > 0);
    assert!(joined("k", "k", "upper(l.k) = upper(r.k) AND l.id + 7 = r.id") > 0);
    assert!(joined("arrow_cast(k, 'Dictionary(Int32, Utf8)')", "k", "l.x = r.x AND l.t0 = r.t0") > 0);
    assert_eq!(joined("CAST(NULL AS VARCHAR)", "k", "l.x = r.x AND l.id = r.id"), 0);
}

/// `IS NOT DISTINCT FROM` is not an equality key: NULL meets NULL there.
#[test]
fn null_safe_equality_keeps_its_meaning() {
    use super::engine::{rows as query, set_rule};
    let context = context();
    let sql = format!("SELECT l.id, r.id FROM l JOIN r ON (l.k IS NOT DISTINCT FROM r.k) AND {NEAR}");
    let ours = query(&context, &sql);
    set_rule(&context, false);
    assert_eq!(ours, query(&context, &sql));
    assert!(ours.len() > expected_text_pairs());
}
