//! The PostgreSQL server as a client meets it: coming in, asking in both ways, transactions, cancels, COPY.
//!
//! Real clients are in tests/clients.

pub mod client;
mod gate;
mod startup;
pub mod tables;
mod zones;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use client::Client;
use gate::{ACCOUNTS, TestGate};
use locard::serve::pg::{Access, Running, Server, StartError, TlsFiles};
use tokio::net::TcpListener;

const ROWS: i64 = 3000;
/// Longer than any test waits.
const HEAVY: &str = "SELECT count(*) FROM fixes a, fixes b, fixes c, fixes d WHERE a.lat * b.lon + c.lat > d.lat * 1e9";

async fn server(connections: usize) -> (Running, Arc<TestGate>) {
    let gate = TestGate::new(tables::tables(ROWS));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let access = Access { connections, ..Access::default() };
    (Server::start(listener, gate.clone(), &access).unwrap(), gate)
}

async fn ada(server: &Running) -> Client {
    Client::enter(server.address(), ACCOUNTS[0].0, ACCOUNTS[0].1, &[]).await.expect("ada is let in")
}

fn row(values: &[&str]) -> Vec<Option<String>> {
    values.iter().map(|value| Some((*value).to_owned())).collect()
}

#[tokio::test]
async fn who_has_the_password_comes_in_and_each_as_themselves() {
    let (server, gate) = server(10).await;
    for (account, password) in ACCOUNTS {
        let mut client = Client::enter(server.address(), account, password, &[]).await.unwrap();
        assert_eq!(client.rows("SELECT current_user").await.unwrap(), [row(&[account])]);
    }
    for (account, password) in [("ada", "ben's secret"), ("ada", ""), ("nobody", "x")] {
        let error = Client::enter(server.address(), account, password, &[]).await.err().unwrap();
        assert_eq!(error.field(b'C'), "28P01", "{account}");
        assert!(error.field(b'M').contains(account));
    }
    let refusals =
        gate.noted().iter().filter(|note| note.contains("Refused") && note.contains("wrong password")).count();
    assert_eq!(refusals, 3, "{:?}", gate.noted());
}

#[tokio::test]
async fn what_is_set_on_coming_in_holds_and_nonsense_is_refused() {
    let (server, _) = server(10).await;
    let more = [("TimeZone", "Europe/London"), ("options", "-c statement_timeout=7s")];
    let mut client = Client::enter(server.address(), "ada", ACCOUNTS[0].1, &more).await.unwrap();
    assert_eq!(client.rows("SHOW statement_timeout").await.unwrap(), [row(&["7s"])]);
    let moment = client.rows("SELECT tz FROM kinds WHERE b").await.unwrap();
    assert_eq!(moment, [row(&["2026-06-15 13:00:00+01"])]);
    let error = Client::enter(server.address(), "ada", ACCOUNTS[0].1, &[("nope", "1")]).await.err().unwrap();
    assert_eq!((error.field(b'C'), error.field(b'S')), ("42704".to_owned(), "FATAL".to_owned()));
}

#[tokio::test]
async fn a_text_of_many_statements_is_answered_up_to_the_first_that_fails() {
    let (server, _) = server(10).await;
    let mut client = ada(&server).await;
    let letters: String =
        client.ask("SELECT 1; SELECT 2; SELECT nope; SELECT 3").await.iter().map(|m| m.letter).collect();
    assert_eq!(letters, "TDCTDCEZ");
    let letters: String = client.ask(" ; ").await.iter().map(|m| m.letter).collect();
    assert_eq!(letters, "IZ");
}

#[tokio::test]
async fn a_failed_transaction_takes_only_its_end() {
    let (server, _) = server(10).await;
    let mut client = ada(&server).await;
    assert_eq!(client.tags("BEGIN").await, (vec!["BEGIN".to_owned()], 'T'));
    assert_eq!(client.tags("SAVEPOINT s").await.1, 'T');
    assert_eq!(client.rows("SELECT 1 / 0").await.unwrap_err(), "22012");
    assert_eq!(client.rows("SELECT 1").await.unwrap_err(), "25P02");
    assert_eq!(client.tags("ROLLBACK TO s").await.1, 'T');
    assert_eq!(client.rows("SELECT 1").await.unwrap(), [row(&["1"])]);
    assert_eq!(client.rows("SELECT nope").await.unwrap_err(), "42703");
    assert_eq!(client.tags("COMMIT").await, (vec!["ROLLBACK".to_owned()], 'I'));
    assert_eq!(client.tags("BEGIN; SELECT 1; COMMIT").await.0, ["BEGIN", "SELECT 1", "COMMIT"]);
}

#[tokio::test]
async fn a_portal_goes_on_where_it_stopped() {
    let (server, gate) = server(10).await;
    let mut client = ada(&server).await;
    client.extended("SELECT row_no FROM fixes ORDER BY row_no", 2).await;
    client.execute(3).await;
    client.execute(0).await;
    client.send('S', b"").await;
    let messages = client.until('Z').await;
    let mut sizes = vec![0];
    for message in &messages {
        match message.letter {
            'D' => *sizes.last_mut().unwrap() += 1,
            's' => sizes.push(0),
            _ => {}
        }
    }
    assert_eq!(sizes, [2, 3, 2995]);
    let values: Vec<_> = messages.iter().filter(|m| m.letter == 'D').map(|m| m.values()[0].clone().unwrap()).collect();
    assert_eq!(values[2999], "2999");
    assert_eq!(gate.noted().iter().filter(|note| note.contains("rows: 2995")).count(), 1);
}

#[tokio::test]
async fn a_text_that_is_too_long_is_refused_before_it_is_read() {
    let (server, _) = server(10).await;
    let mut client = ada(&server).await;
    // Were it read, it would be found to be no SQL.
    assert_eq!(client.rows(&"x ".repeat(200_000)).await.unwrap_err(), "54000");
    assert_eq!(client.rows("x x").await.unwrap_err(), "42601");
}

/// What has no rows is asked without its conditions, and ADBC's driver binds what stood in them.
#[tokio::test]
async fn all_parameters_that_were_written_can_be_bound_also_those_that_nothing_needs() {
    let (server, _) = server(10).await;
    let mut client = ada(&server).await;
    for (given, letters) in [(3_i16, "12CZ"), (2, "1EZ")] {
        let sql = "SELECT conname FROM pg_constraint c WHERE conname LIKE $3 AND $1 = 'x' AND $2 = 'y'";
        client.send('P', format!("\0{sql}\0\0\0").as_bytes()).await;
        let mut bound = b"\0\0\0\0".to_vec();
        bound.extend_from_slice(&given.to_be_bytes());
        (0..given).for_each(|_| bound.extend_from_slice(b"\0\0\0\x01x"));
        bound.extend_from_slice(b"\0\0");
        client.send('B', &bound).await;
        client.execute(0).await;
        client.send('S', b"").await;
        let told: String = client.until('Z').await.iter().map(|m| m.letter).collect();
        assert_eq!(told, letters, "{given} bound");
    }
}

#[tokio::test]
async fn after_an_error_all_is_left_out_up_to_the_sync() {
    let (server, _) = server(10).await;
    let mut client = ada(&server).await;
    client.extended("SELECT nope", 0).await;
    client.extended("SELECT 1", 0).await;
    client.send('S', b"").await;
    let letters: String = client.until('Z').await.iter().map(|m| m.letter).collect();
    assert_eq!(letters, "EZ");
    assert_eq!(client.rows("SELECT 1").await.unwrap(), [row(&["1"])]);
}

#[tokio::test]
async fn a_cancel_ends_what_runs_and_only_with_the_right_key() {
    let (server, gate) = server(10).await;
    let (mut running, helper) = (ada(&server).await, ada(&server).await);
    let key = running.key.clone();
    let mut wrong = key.clone();
    *wrong.last_mut().unwrap() ^= 1;
    running.send('Q', format!("{HEAVY}\0").as_bytes()).await;
    helper.cancel(&wrong).await;
    let still = tokio::time::timeout(std::time::Duration::from_millis(300), running.receive()).await;
    assert!(still.is_err(), "a wrong key cancelled: {still:?}");
    helper.cancel(&key).await;
    let messages = running.until('Z').await;
    let error = messages.iter().find(|message| message.letter == 'E').unwrap();
    assert_eq!(
        (error.field(b'C').as_str(), error.field(b'M').as_str()),
        ("57014", "canceling statement due to user request")
    );
    assert_eq!(running.rows("SELECT 1").await.unwrap(), [row(&["1"])], "the connection goes on");
    assert!(gate.noted().iter().any(|note| note.contains("57014")), "{:?}", gate.noted());
}

#[tokio::test]
async fn a_cancel_while_nobody_reads_leaves_whole_messages() {
    let (server, _) = server(10).await;
    let (mut idle, helper) = (ada(&server).await, ada(&server).await);
    for (sql, letter) in [
        ("SELECT a.row_no, b.device_id FROM fixes a, fixes b, fixes c", 'D'),
        ("COPY (SELECT a.row_no, b.device_id FROM fixes a, fixes b, fixes c) TO STDOUT", 'd'),
    ] {
        idle.send('Q', format!("{sql}\0").as_bytes()).await;
        // Until what is on its way is more than the socket takes, and a block is half sent.
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        helper.cancel(&idle.key.clone()).await;
        let messages = idle.until('Z').await;
        let (rows, rest): (Vec<_>, Vec<_>) = messages.into_iter().partition(|message| message.letter == letter);
        assert!(rows.len() > 1000, "{} rows before it was cancelled", rows.len());
        let whole = |row: &client::Message| match letter {
            'D' => row.values().len() == 2,
            _ => row.text().ends_with('\n') && row.text().split('\t').count() == 2,
        };
        assert!(rows.iter().all(whole));
        let letters: String = rest.iter().map(|message| message.letter).collect();
        assert!(["TEZ", "HEZ"].contains(&letters.as_str()), "{letters}");
        assert_eq!(rest[1].field(b'C'), "57014");
        assert_eq!(idle.rows("SELECT 1").await.unwrap(), [row(&["1"])], "the connection goes on");
    }
}

#[tokio::test]
async fn a_time_limit_covers_the_running() {
    let (server, _) = server(10).await;
    let mut client = ada(&server).await;
    client.ask("SET statement_timeout = 50").await;
    assert_eq!(client.rows(HEAVY).await.unwrap_err(), "57014");
    client.extended(HEAVY, 0).await;
    client.send('S', b"").await;
    assert!(client.until('Z').await.iter().any(|m| m.letter == 'E' && m.field(b'C') == "57014"));
}

#[tokio::test]
async fn rows_are_copied_out_and_nothing_is_copied_in_or_to_a_file() {
    let (server, _) = server(10).await;
    let mut client = ada(&server).await;
    let copied = |messages: Vec<client::Message>| -> String {
        messages.iter().filter(|m| m.letter == 'd').map(client::Message::text).collect()
    };
    let csv = client
        .ask("COPY (SELECT row_no, device_id FROM fixes ORDER BY 1 LIMIT 2) TO STDOUT (FORMAT csv, HEADER)")
        .await;
    assert!(csv.iter().any(|message| message.letter == 'C' && message.text() == "COPY 2"));
    assert_eq!(copied(csv), "row_no,device_id\n0,device-0\n1,device-1\n");
    assert_eq!(copied(client.ask("COPY kinds (t, i4) TO STDOUT").await), "o'clock\\té\t-4\n\\N\t\\N\n");
    for (sql, code) in [
        ("COPY (SELECT 1) TO '/tmp/nothing.csv'", "42501"),
        ("COPY (SELECT 1) TO PROGRAM 'cat'", "42501"),
        ("COPY fixes FROM STDIN", "25006"),
        ("COPY fixes FROM '/etc/hostname'", "25006"),
        ("INSERT INTO fixes VALUES (1)", "25006"),
        ("EXPLAIN ANALYZE INSERT INTO fixes SELECT * FROM fixes", "25006"),
        ("SELECT * FROM fixes FOR UPDATE", "25006"),
    ] {
        assert_eq!(client.rows(sql).await.unwrap_err(), code, "{sql}");
    }
}

#[tokio::test]
async fn cursors_are_read_forward_in_steps() {
    let (server, _) = server(10).await;
    let mut client = ada(&server).await;
    assert_eq!(client.rows("DECLARE c CURSOR FOR SELECT 1").await.unwrap_err(), "25P01");
    client.ask("BEGIN; DECLARE c CURSOR FOR SELECT row_no FROM fixes ORDER BY row_no").await;
    assert_eq!(client.rows("FETCH 2 FROM c").await.unwrap(), [row(&["0"]), row(&["1"])]);
    assert_eq!(client.tags("MOVE 10 FROM c").await.0, ["MOVE 10"]);
    assert_eq!(client.rows("FETCH NEXT FROM c").await.unwrap(), [row(&["12"])]);
    assert_eq!(client.tags("FETCH ALL FROM c").await.0, ["FETCH 2987"]);
    assert_eq!(client.tags("FETCH ALL FROM c").await.0, ["FETCH 0"]);
    assert_eq!(client.rows("FETCH PRIOR FROM c").await.unwrap_err(), "55000");
    client.ask("ROLLBACK").await;
    assert_eq!(client.rows("FETCH 1 FROM c").await.unwrap_err(), "34000");
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_answered_to_its_end() {
    let (server, gate) = server(10).await;
    let mut client = ada(&server).await;
    gate.writable.store(false, Ordering::SeqCst);
    assert_eq!(client.rows("SELECT 1").await.unwrap_err(), "42501");
    gate.writable.store(true, Ordering::SeqCst);
    assert_eq!(client.rows("SELECT 1").await.unwrap(), [row(&["1"])]);
    let noted = gate.noted();
    assert!(noted.iter().any(|note| note.starts_with("ada: Query") && note.contains("rows: 1")), "{noted:?}");
}

#[tokio::test]
async fn comments_and_types_are_in_the_catalog() {
    let (server, _) = server(10).await;
    let mut client = ada(&server).await;
    let sql = "SELECT pg_catalog.format_type(a.atttypid, a.atttypmod), pg_catalog.col_description(a.attrelid, a.attnum) \
               FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
               WHERE c.relname = 'fixes' AND a.attname = 'lat'";
    assert_eq!(client.rows(sql).await.unwrap(), [row(&["double precision", "Latitude, degrees, WGS84."])]);
    let sql = "SELECT a.atttypid FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
               WHERE c.relname = 'kinds' AND a.attname = 'l'";
    assert_eq!(client.rows(sql).await.unwrap(), [row(&["1022"])], "float8[]");
}

#[tokio::test]
async fn what_clients_ask_on_starting_is_answered() {
    let (server, _) = server(10).await;
    let mut faults = Vec::new();
    for (name, least) in
        [("dbeaver", 25), ("grafana", 6), ("metabase", 4), ("npgsql", 4), ("pgjdbc", 5), ("psqlodbc", 8)]
    {
        let (asked, wrong) = startup::ask(&mut ada(&server).await, name).await;
        assert!(asked >= least, "{name}: {asked} statements");
        faults.extend(wrong);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn what_the_catalogue_shows_is_what_the_session_sees() {
    let (server, _) = server(10).await;
    let mut client = ada(&server).await;
    let tables =
        "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1";
    let expected = [row(&["fixes", "BASE TABLE"]), row(&["kinds", "BASE TABLE"])];
    assert_eq!(client.rows(tables).await.unwrap(), expected);
    let sql =
        "SELECT column_comment FROM information_schema.columns WHERE table_name = 'fixes' AND column_name = 'lat'";
    assert_eq!(client.rows(sql).await.unwrap(), [row(&["Latitude, degrees, WGS84."])]);
    let joined = "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                  JOIN pg_roles r ON r.oid = c.relowner WHERE n.nspname = 'public' AND r.rolname = current_user ORDER BY 1";
    assert_eq!(client.rows(joined).await.unwrap(), [row(&["fixes"]), row(&["kinds"])]);
    for (sql, value) in [
        ("SELECT relname FROM pg_class WHERE oid = 'public.kinds'::regclass", "kinds"),
        ("SELECT 'FIXES'::regclass::text", "fixes"),
        ("SELECT 'public.kinds'::regclass", "kinds"),
        ("SELECT 'pg_catalog.pg_class'::regclass::text", "pg_class"),
        ("SELECT 'int4'::regtype::text", "integer"),
        ("SELECT 'pg_class'::regclass::oid", "1259"),
        ("SELECT relname FROM pg_class WHERE oid = (SELECT 'kinds'::regclass)", "kinds"),
        ("SELECT has_table_privilege('fixes', 'SELECT') AND NOT has_table_privilege('fixes', 'INSERT')", "t"),
        ("SELECT count(*) FROM pg_constraint", "0"),
        ("SELECT format_type(1022, NULL)", "double precision[]"),
        ("SELECT set_config('bytea_output', 'hex', false)", "hex"),
        ("TABLE kinds LIMIT 0; SELECT 1", "1"),
        ("SELECT count(*) FROM fixes FOR READ ONLY", "3000"),
        ("SELECT count(*) FROM fixes WHERE ts <= '2026-06-15 12:00+00'::timestamptz", "1"),
    ] {
        assert_eq!(client.rows(sql).await.unwrap(), [row(&[value])], "{sql}");
    }
}

#[tokio::test]
async fn texts_have_the_value_that_was_written() {
    let (server, _) = server(10).await;
    let mut client = ada(&server).await;
    for (written, value) in [
        (r"'it''s'", "it's"),
        (r"'\'''", r"\'"),
        (r"''''''", "''"),
        (r"'a\'", r"a\"),
        (r"E'it\'s\n\\'", "it's\n\\"),
        (r"$$it's \ $1 'a'$$", r"it's \ $1 'a'"),
        (r"$x$ '' $x$", " '' "),
        (r"U&'\00e9'", "é"),
        ("'é😀 -- $1' -- $1", "é😀 -- $1"),
    ] {
        // Below the top names are written in, so that the whole is printed anew.
        let sql = format!("SELECT x.t FROM (SELECT {written}\n AS t, count(*) FROM kinds) x");
        assert_eq!(client.rows(&sql).await.unwrap(), [row(&[value])], "{written}");
        let sql = format!("SELECT {written}\n = {written}\n");
        assert_eq!(client.rows(&sql).await.unwrap(), [row(&["t"])], "{written}");
    }
}

#[tokio::test]
async fn functions_of_ours_are_listed_with_their_arguments() {
    let (server, _) = server(10).await;
    let mut client = ada(&server).await;
    let listed = client.rows("SHOW FUNCTIONS").await.unwrap();
    assert!(listed.iter().any(|row| row[0].as_deref() == Some("p_at_least")), "{}", listed.len());
    let sql = "SELECT parameter_name, data_type FROM information_schema.parameters \
               WHERE specific_name = 'sigma_m' AND parameter_mode = 'IN' ORDER BY ordinal_position";
    assert_eq!(client.rows(sql).await.unwrap(), [row(&["uncertainty_m", "Float64"]), row(&["confidence", "Float64"])]);
}

#[tokio::test]
async fn a_second_connection_has_the_catalogue_that_the_first_had() {
    let (server, _) = server(10).await;
    let asked = [
        "SELECT typname, oid FROM pg_type ORDER BY oid, typname",
        "SELECT proname, oid, prorettype FROM pg_proc ORDER BY oid, proname",
        "SELECT c.relname, a.attname, a.atttypid FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid ORDER BY 1, 2, 3",
        "SELECT collname FROM pg_collation ORDER BY 1",
    ];
    let (mut first, mut second) = (ada(&server).await, ada(&server).await);
    let mut ben = Client::enter(server.address(), ACCOUNTS[1].0, ACCOUNTS[1].1, &[]).await.unwrap();
    for sql in asked {
        let rows = first.rows(sql).await.unwrap();
        assert!(rows.len() > 20, "{sql}: {}", rows.len());
        assert_eq!(second.rows(sql).await.unwrap(), rows, "{sql}");
        assert_eq!(ben.rows(sql).await.unwrap(), rows, "{sql}");
    }
    assert_eq!(ben.rows("SELECT rolname FROM pg_roles").await.unwrap(), [row(&["ben"])], "each is shown themselves");
}

#[tokio::test]
async fn a_plan_is_shown_as_postgresql_shows_one() {
    let (server, _) = server(10).await;
    let mut client = ada(&server).await;
    for sql in ["EXPLAIN SELECT 1 FROM fixes", "EXPLAIN (ANALYZE, COSTS off) SELECT 1 FROM fixes"] {
        let messages = client.ask(sql).await;
        assert!(messages[0].text().contains("QUERY PLAN"), "{sql}");
        let rows: Vec<_> = messages.iter().filter(|m| m.letter == 'D').map(client::Message::values).collect();
        assert!(rows.len() > 1 && rows.iter().all(|row| row.len() == 1), "{rows:?}");
        assert!(messages.iter().any(|m| m.letter == 'C' && m.text() == "EXPLAIN"));
    }
    assert_eq!(client.rows("EXPLAIN (FORMAT JSON) SELECT 1 FROM fixes").await.unwrap().len(), 1);
    assert_eq!(client.rows("EXPLAIN (FORMAT XML) SELECT 1 FROM fixes").await.unwrap_err(), "0A000");
    assert_eq!(client.rows("EXPLAIN (WHAT) SELECT 1 FROM fixes").await.unwrap_err(), "42601");
}

#[tokio::test]
async fn one_too_many_is_told_so_and_a_slot_is_free_again() {
    let (server, _) = server(1).await;
    let mut first = ada(&server).await;
    let error = Client::enter(server.address(), "ada", ACCOUNTS[0].1, &[]).await.err().unwrap();
    assert_eq!(error.field(b'C'), "53300");
    first.send('X', b"").await;
    assert!(first.receive().await.is_none(), "the server closes");
    while Client::enter(server.address(), "ada", ACCOUNTS[0].1, &[]).await.is_err() {}
}

#[tokio::test]
async fn a_stop_ends_connections_with_what_they_run() {
    let (server, _) = server(10).await;
    let mut client = ada(&server).await;
    client.send('Q', format!("{HEAVY}\0").as_bytes()).await;
    let address = server.address();
    server.stop().await;
    assert!(client.receive().await.is_none());
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn without_its_certificate_a_server_does_not_start() {
    let gate = TestGate::new(Vec::new());
    let files = TlsFiles { certificate: "missing.crt".into(), key: "missing.key".into() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let error = Server::start(listener, gate.clone(), &Access { tls: Some(files), ..Access::default() }).unwrap_err();
    assert!(matches!(&error, StartError::Tls(tls) if tls.to_string().contains("missing.crt")), "{error}");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let access = Access { require_tls: true, ..Access::default() };
    assert!(matches!(Server::start(listener, gate, &access), Err(StartError::NoCertificate)));
}
