//! The attempts: what is written, and what must come of it.

/// What must come of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Must {
    /// The viewer learns nothing, though somebody who may see everything would.
    TellNothing,
    /// It is refused to everybody: it does more than read.
    BeRefused,
    /// It fails for everybody.
    Fail,
    /// It is answered, with the same for everybody.
    BeTheSameForAll,
}

/// One attempt.
#[derive(Debug)]
pub struct Attempt {
    pub name: &'static str,
    pub sql: String,
    pub must: Must,
}

/// All attempts. In the store with the secret the case `bravo` has 500 fixes at 57.25 north, and the viewer's own case
/// `alpha` 30 fixes, an incident, a proximity and an encounter outside the time that they may see.
pub fn attempts() -> Vec<Attempt> {
    let all = [
        (Must::TellNothing, TELLING.as_slice()),
        (Must::TellNothing, BY_ERROR.as_slice()),
        (Must::TellNothing, BY_PLAN.as_slice()),
        (Must::BeRefused, REFUSED.as_slice()),
        (Must::Fail, FAILING.as_slice()),
        (Must::BeTheSameForAll, SAME.as_slice()),
    ];
    let of = |(must, pairs): (Must, &'static [(&'static str, &'static str)])| {
        pairs.iter().map(move |(name, sql)| Attempt { name, sql: (*sql).to_owned(), must })
    };
    all.into_iter().flat_map(of).collect()
}

const TELLING: [(&str, &str); 54] = [
    ("what the records of a case say", "SELECT topic, answer, says FROM findings('bravo')"),
    ("near targets by a table function", "SELECT fix_id FROM proximity('bravo', 1000, INTERVAL '1 hour')"),
    (
        "near one's own targets at another time",
        "SELECT fix_id, target FROM proximity('alpha', 100000000, INTERVAL '900 hours')",
    ),
    ("a track by a table function", "SELECT count(*), max(moved_m) FROM track('burner')"),
    ("all of a table", "SELECT * FROM fixes"),
    ("by its name", "SELECT * FROM fixes WHERE case_id = 'bravo'"),
    ("by not being one's own", "SELECT * FROM fixes WHERE case_id <> 'alpha'"),
    ("a condition that is always true", "SELECT fix_id FROM fixes WHERE case_id = 'bravo' OR true"),
    ("a condition on no case", "SELECT fix_id FROM fixes WHERE lat_deg > 57"),
    (
        "one's own case at another time",
        "SELECT fix_id FROM fixes WHERE case_id = 'alpha' AND t0 > '2026-03-03T00:00:00Z'",
    ),
    ("count, which statistics could answer", "SELECT count(*) FROM fixes"),
    ("count of a column", "SELECT count(fix_id), count(DISTINCT device_id) FROM fixes"),
    (
        "least and greatest, which statistics could answer",
        "SELECT min(t0), max(t1), min(lat_deg), max(lat_deg) FROM fixes",
    ),
    ("count of a partition", "SELECT count(*) FROM fixes WHERE case_id = 'bravo'"),
    ("groups", "SELECT case_id, count(*) FROM fixes GROUP BY case_id"),
    ("grouping sets", "SELECT case_id, device_id, count(*) FROM fixes GROUP BY ROLLUP (case_id, device_id)"),
    ("having", "SELECT device_id FROM fixes GROUP BY device_id HAVING max(lat_deg) > 57"),
    ("a join with itself", "SELECT b.device_id FROM fixes a JOIN fixes b ON a.fix_id + 8980 < b.fix_id LIMIT 3"),
    ("a cross join", "SELECT count(*) FROM fixes a CROSS JOIN cases b"),
    ("a full join", "SELECT a.case_id, b.case_id FROM cases a FULL JOIN exhibits b ON a.case_id = b.case_id AND false"),
    ("a right join", "SELECT b.case_id FROM (SELECT 1 AS x) a RIGHT JOIN cases b ON true"),
    ("a natural join", "SELECT * FROM cases NATURAL JOIN devices"),
    (
        "a join by distance",
        "SELECT count(*) FROM fixes a JOIN fixes b
        ON distance_m(a.lat_deg, a.lon_deg, b.lat_deg, b.lon_deg) <= 50.0 AND a.t0 <= b.t1 AND a.t1 >= b.t0",
    ),
    (
        "a semi join",
        "SELECT case_id FROM cases c WHERE EXISTS (SELECT 1 FROM fixes f WHERE f.lat_deg > 57 AND f.case_id = c.case_id)",
    ),
    (
        "an anti join",
        "SELECT case_id FROM devices d WHERE NOT EXISTS (SELECT 1 FROM targets t WHERE t.target_id = 'home' AND t.case_id = d.case_id)",
    ),
    ("a subquery as a value", "SELECT (SELECT max(lat_deg) FROM fixes)"),
    ("a subquery in a list", "SELECT 'x' WHERE 'burner' IN (SELECT device_id FROM fixes)"),
    ("a subquery that exists", "SELECT 'x' WHERE EXISTS (SELECT 1 FROM fixes WHERE case_id = 'bravo')"),
    (
        "a correlated subquery",
        "SELECT c.case_id, (SELECT count(*) FROM fixes f WHERE f.case_id = c.case_id) FROM cases c",
    ),
    (
        "a lateral join",
        "SELECT x.n FROM cases c, LATERAL (SELECT count(*) AS n FROM fixes f WHERE f.case_id = c.case_id) x",
    ),
    ("a common table expression", "WITH f AS (SELECT * FROM fixes) SELECT count(*) FROM f"),
    ("one that hides the table's name", "WITH fixes AS (SELECT * FROM fixes) SELECT max(fix_id) FROM fixes"),
    (
        "a recursive one",
        "WITH RECURSIVE r(n) AS (SELECT min(fix_id) FROM fixes UNION ALL
        SELECT n + 1000 FROM r WHERE n < (SELECT max(fix_id) FROM fixes)) SELECT count(*) FROM r",
    ),
    ("a union", "SELECT case_id FROM cases UNION SELECT case_id FROM fixes"),
    (
        "what is left of a union",
        "SELECT device_id FROM fixes EXCEPT SELECT device_id FROM attributions WHERE case_id = 'alpha'",
    ),
    ("an intersection", "SELECT case_id FROM cases INTERSECT SELECT 'bravo'"),
    ("a window over all rows", "SELECT DISTINCT count(*) OVER () FROM fixes"),
    ("a rank among all rows", "SELECT fix_id, rank() OVER (ORDER BY lat_deg DESC) FROM fixes"),
    ("the row before", "SELECT fix_id, lag(device_id) OVER (ORDER BY t0, fix_id) FROM fixes"),
    ("the first of an order", "SELECT fix_id FROM fixes ORDER BY lat_deg DESC, fix_id DESC LIMIT 1"),
    ("past an offset", "SELECT fix_id FROM fixes ORDER BY fix_id OFFSET 20"),
    ("distinct", "SELECT DISTINCT exhibit FROM fixes"),
    ("all values in one", "SELECT string_agg(DISTINCT device_id, ',') FROM fixes"),
    ("an array of all", "SELECT array_length(array_agg(fix_id)) FROM fixes"),
    ("cases", "SELECT * FROM cases"),
    (
        "attributions and subjects",
        "SELECT a.device_id, s.role FROM attributions a JOIN subjects s ON a.subject_id = s.subject_id",
    ),
    ("targets at another time", "SELECT target_id FROM targets"),
    ("what was near", "SELECT proximity_id FROM proximity UNION ALL SELECT proximity_id FROM proximity_revisions"),
    (
        "an encounter that reaches out of the time",
        "SELECT encounter_id FROM encounters UNION ALL SELECT encounter_id FROM encounter_revisions",
    ),
    ("exhibits", "SELECT sha256, name FROM exhibits"),
    ("what could not be used", "SELECT value FROM rejects"),
    ("devices", "SELECT device_id, fixes, last_at FROM devices"),
    ("the table in full", "SELECT count(*) FROM datafusion.public.fixes"),
    ("as of a version", "SELECT count(*) FROM fixes AS OF VERSION 2"),
];

const BY_ERROR: [(&str, &str); 8] = [
    (
        "a division by zero for others' rows",
        "SELECT sum(1 / (CASE WHEN case_id = 'bravo' THEN 0 ELSE 1 END)) FROM fixes",
    ),
    ("one in a condition", "SELECT fix_id FROM fixes WHERE 1 / (CASE WHEN lat_deg > 57 THEN 0 ELSE 1 END) = 1"),
    ("one beside a plain condition", "SELECT fix_id FROM fixes WHERE fix_id >= 0 AND 10 / (fix_id - 9001) < 100"),
    ("a cast that names the value", "SELECT CAST(device_id AS BIGINT) FROM fixes WHERE device_id <> 'phone'"),
    ("a cast in a condition", "SELECT fix_id FROM fixes WHERE CAST(replace(device_id, 'phone', '1') AS BIGINT) = 1"),
    (
        "a pattern made of a value",
        "SELECT fix_id FROM fixes WHERE CASE WHEN case_id = 'bravo' THEN device_id ~ concat(device_id, '(') ELSE true END",
    ),
    ("a number too large", "SELECT fix_id * CASE WHEN fix_id > 8000 THEN 9223372036854775807 ELSE 1 END FROM fixes"),
    ("a subquery of too many rows", "SELECT (SELECT DISTINCT device_id FROM fixes)"),
];

const BY_PLAN: [(&str, &str); 4] = [
    ("what was read", "EXPLAIN ANALYZE SELECT fix_id FROM fixes WHERE lat_deg > 57"),
    ("what was read of a case", "EXPLAIN ANALYZE VERBOSE SELECT count(*) FROM fixes WHERE case_id = 'bravo'"),
    ("what was read of a fold", "EXPLAIN ANALYZE SELECT * FROM targets"),
    ("what was read to the last revision", "EXPLAIN ANALYZE SELECT * FROM encounters"),
];

const REFUSED: [(&str, &str); 14] = [
    ("a copy to a file", "COPY fixes TO '/nowhere/x.parquet'"),
    ("a copy of a query", "COPY (SELECT * FROM fixes) TO '/nowhere/x.csv' STORED AS CSV"),
    ("a table of files", "CREATE EXTERNAL TABLE x STORED AS PARQUET LOCATION '/nowhere/fixes/'"),
    ("a table", "CREATE TABLE x AS SELECT * FROM fixes"),
    ("a view", "CREATE VIEW x AS SELECT * FROM fixes"),
    ("a schema", "CREATE SCHEMA x"),
    ("rows", "INSERT INTO fixes SELECT * FROM fixes"),
    ("rows that a plan would add", "EXPLAIN INSERT INTO fixes SELECT * FROM fixes"),
    ("rows that an analysed plan would add", "EXPLAIN ANALYZE INSERT INTO fixes SELECT * FROM fixes"),
    ("a table less", "DROP TABLE fixes"),
    ("a setting", "SET datafusion.execution.target_partitions = 1"),
    ("a setting of ours", "SET locard.proximity_join = false"),
    ("a prepared plan", "PREPARE p AS SELECT * FROM fixes"),
    ("a copy that a plan would make", "EXPLAIN ANALYZE COPY fixes TO '/nowhere/x.parquet'"),
];

const FAILING: [(&str, &str); 14] = [
    ("a file as a table", "SELECT * FROM '/etc/passwd'"),
    ("a file of the store as a table", "SELECT * FROM 'fixes/case_id=bravo/x.parquet'"),
    ("a search for scenes", "SELECT * FROM scene_search('bravo', 2, 500, INTERVAL '1 hour')"),
    ("what was done by whom", "SELECT * FROM audit"),
    ("a table function of files", "SELECT * FROM fixes('/nowhere/x.csv')"),
    ("a reader of files", "SELECT * FROM read_parquet('/nowhere/x.parquet')"),
    ("the file's metadata", "SELECT * FROM parquet_metadata('/nowhere/x.parquet')"),
    ("the raw statements", "SELECT * FROM case_events"),
    ("a table of another name", "SELECT * FROM \"fixes@\""),
    ("a version that is not there", "SELECT * FROM fixes AS OF VERSION 900"),
    ("the file of a row", "SELECT _file FROM fixes"),
    ("another schema", "SELECT * FROM other.fixes"),
    ("two statements", "SELECT 1; SELECT * FROM fixes"),
    ("a function of the server's files", "SELECT pg_read_file('/etc/passwd')"),
];

const SAME: [(&str, &str); 9] = [
    ("the tables", "SELECT * FROM information_schema.tables"),
    ("the columns", "SELECT * FROM information_schema.columns"),
    ("the views", "SELECT * FROM information_schema.views"),
    ("the schemas", "SELECT * FROM information_schema.schemata"),
    ("the settings", "SELECT * FROM information_schema.df_settings"),
    ("SHOW TABLES", "SHOW TABLES"),
    ("SHOW COLUMNS", "SHOW COLUMNS FROM fixes"),
    ("DESCRIBE", "DESCRIBE fixes"),
    ("no rows", "SELECT * FROM fixes LIMIT 0"),
];
