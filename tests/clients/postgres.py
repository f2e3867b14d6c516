"""Real clients against examples/pg_demo. Each function named test_* is one; the names of some can be given. test_jdbc runs
Jdbc.java.

PG_DEMO is the program, CLIENTS_DIR a folder with server.crt and server.key, and with PostgreSQL's JDBC driver in jars. Ends
with 1 if one fails.
"""

import contextlib
import datetime
import decimal
import os
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import psycopg

UTC = datetime.timezone.utc
PASSWORD = "ada's secret"
ROWS = 10_000
HEAVY = "SELECT count(*) FROM fixes a, fixes b, fixes c WHERE a.lat * b.lon + c.lat > 1e9"


class Server:
    """The program, running; `port` is where."""

    def __init__(self, *flags):
        self.process = subprocess.Popen(
            [os.environ["PG_DEMO"], "--rows", str(ROWS), *flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        address = self.process.stdout.readline().strip()
        assert address, f"the server did not start: {self.process.wait()}"
        self.port = int(address.rsplit(":", 1)[1])

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


SERVER = None


def conninfo(**more):
    parts = dict(host="127.0.0.1", port=SERVER.port, user="ada", password=PASSWORD, dbname="locard", sslmode="disable")
    return psycopg.conninfo.make_conninfo(**{**parts, **more})


def connect(**more):
    autocommit = more.pop("autocommit", True)
    return psycopg.connect(conninfo(**more), autocommit=autocommit)


def one(sql, *args, binary=False, **more):
    with connect(**more) as db, db.cursor(binary=binary) as cursor:
        return cursor.execute(sql, *args).fetchone()


def refused(code, sql, *args, **more):
    try:
        one(sql, *args, **more)
    except psycopg.Error as error:
        assert error.sqlstate == code, f"{sql}: {error.sqlstate}, not {code}: {error}"
        return str(error)
    raise AssertionError(f"{sql}: it was answered")


def psql(*commands, **more):
    environment = {**os.environ, "PGPASSWORD": PASSWORD, "PSQLRC": "/dev/null", "PGTZ": "UTC"}
    arguments = [part for command in commands for part in ("-c", command)]
    done = subprocess.run(
        ["psql", "-X", "-v", "ON_ERROR_STOP=1", conninfo(**more), *arguments], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, f"{commands}: {done.stderr}"
    return done.stdout


def test_wrong_password():
    for more in ({"password": "wrong"}, {"user": "nobody"}, {"user": "nobody", "password": "\x01nobody"}):
        try:
            connect(**more).close()
        except psycopg.OperationalError as error:
            expected = "not allowed" if more.get("password", "").endswith("nobody") else "password authentication failed"
            assert expected in str(error), error
        else:
            raise AssertionError(f"{more} was let in")


def test_types_in_text_and_binary():
    expected = (
        True, -4, 2**63 - 1, decimal.Decimal(2**64 - 1), 0.25, 0.1, "o'clock\té", "a view of a longer text", "path",
        b"\x00\xff", datetime.date(2024, 10, 4), datetime.datetime(2026, 6, 15, 12, 0, 0, 1),
        datetime.datetime(2026, 6, 15, 12, tzinfo=UTC), datetime.timedelta(days=14 * 30 + 5 + 3, hours=4, minutes=5, seconds=6),
        decimal.Decimal("-123.45"), [1.5, None],
    )
    for binary in (False, True):
        with connect() as db, db.cursor(binary=binary) as cursor:
            rows = cursor.execute("SELECT * FROM kinds").fetchall()
            names = [column.name for column in cursor.description]
        for name, got, want in zip(names, rows[0], expected):
            if name == "iv":
                continue  # psycopg counts a year as 365 days; the text is checked below
            assert got == want, f"{name} binary={binary}: {got!r}, not {want!r}"
        assert rows[1] == (None,) * len(expected), rows[1]
    assert one("SELECT iv::text FROM kinds WHERE b")[0]


def test_parameters():
    noon = datetime.datetime(2026, 6, 15, 12, tzinfo=UTC)
    for value in (7, -3, 2**40, "text 'with' quotes", 1.5, True, b"\x00\x01", datetime.date(2026, 2, 28), noon,
                  datetime.datetime(2026, 1, 2, 3, 4, 5, 6), datetime.timedelta(days=2, seconds=3), [1, 2, 3],
                  decimal.Decimal("12.340")):
        for style in ("%s", "%b", "%t"):
            got = one(f"SELECT {style}", (value,))[0]
            assert got == value, f"{style}: {got!r}, not {value!r}"
    assert one("SELECT %s::text[]", (["a", None, "b,c"],))[0] == ["a", None, "b,c"]
    assert one("SELECT %s::text", (None,))[0] is None
    tokyo = noon.astimezone(datetime.timezone(datetime.timedelta(hours=9)))
    assert one("SELECT count(*) FROM fixes WHERE ts < %s", (tokyo + datetime.timedelta(seconds=10),))[0] == 10
    assert one("SELECT count(*) FROM fixes WHERE device_id = %s AND row_no < %s", ("device-1", 70))[0] == 10
    assert one("SELECT count(*) FROM fixes WHERE device_id = ANY(%s)", (["device-1", "device-2"],))[0] > 2000
    assert one("SELECT count(*) FROM (SELECT 1 FROM fixes LIMIT %s OFFSET %s) x", (5, 2))[0] == 5
    assert one("SELECT count(*) FROM fixes WHERE ts BETWEEN %s::timestamptz AND %s::timestamptz + interval '1 hour'",
               ("2026-06-15 12:00+00", "2026-06-15 12:00+00"))[0] == 3601
    refused("22P02", "SELECT * FROM fixes WHERE row_no = %s", ("seven",))


def test_prepared_statements_are_reused():
    with connect() as db:
        for n in range(10):
            assert db.execute("SELECT row_no FROM fixes WHERE row_no = %s", (n,), prepare=True).fetchone() == (n,)
        db.execute("PREPARE p(int) AS SELECT $1 + 1")
        assert db.execute("EXECUTE p(41)").fetchone() == (42,)
        db.execute("DEALLOCATE p")
        with db.pipeline():
            cursors = [db.execute("SELECT %s::int", (n,)) for n in range(20)]
        assert [cursor.fetchone()[0] for cursor in cursors] == list(range(20))


def test_column_names():
    with connect() as db:
        def names(sql):
            return [column.name for column in db.execute(sql).description]
        assert names("SELECT count(*), avg(lat), 1, 'a', row_no + 1, max(ts) AS last FROM fixes GROUP BY row_no LIMIT 1") == [
            "count", "avg", "?column?", "?column?", "?column?", "last"]
        assert names("SELECT 1, 1") == ["?column?", "?column?"]
        assert names("SELECT x.count FROM (SELECT count(*) FROM fixes) x") == ["count"]
        assert names("SELECT version(), current_user, now()::date") == ["version", "current_user", "now"]


def test_server_side_cursor():
    with connect(autocommit=False) as db:
        with db.cursor(name="chunky") as cursor:
            cursor.itersize = 1000
            cursor.execute("SELECT row_no FROM fixes ORDER BY row_no")
            assert sum(1 for _ in cursor) == ROWS
        with db.cursor(name="few") as cursor:
            cursor.execute("SELECT row_no FROM fixes WHERE row_no >= %s ORDER BY row_no", (5,))
            assert cursor.fetchmany(2) == [(5,), (6,)]
            assert cursor.fetchone() == (7,)
        db.execute("DECLARE c CURSOR FOR SELECT row_no FROM fixes ORDER BY row_no")
        assert db.execute("FETCH 2 FROM c").fetchall() == [(0,), (1,)]
        db.execute("MOVE 3 FROM c")
        assert db.execute("FETCH NEXT FROM c").fetchall() == [(5,)]
        db.execute("CLOSE c")


def test_transactions():
    with connect(autocommit=False) as db:
        db.execute("SELECT 1")
        try:
            db.execute("SELECT nope FROM fixes")
        except psycopg.errors.UndefinedColumn:
            pass
        try:
            db.execute("SELECT 1")
            raise AssertionError("a failed transaction answered")
        except psycopg.errors.InFailedSqlTransaction:
            pass
        db.rollback()
        assert db.execute("SELECT 1").fetchone() == (1,)
        with contextlib.suppress(psycopg.Error):
            with db.transaction():
                db.execute("SELECT 1 / 0")
        assert db.execute("SELECT 2").fetchone() == (2,)


def test_settings():
    with connect() as db:
        db.execute("SET timezone = 'Europe/London'")
        assert db.execute("SHOW timezone").fetchone() == ("Europe/London",)
        with psycopg.ClientCursor(db) as cursor:
            shown = cursor.execute("SELECT tz FROM kinds WHERE b").fetchone()[0]
        assert shown.isoformat() == "2026-06-15T13:00:00+01:00", shown
        assert db.execute("SELECT current_setting('TimeZone')").fetchone() == ("Europe/London",)
        db.execute("RESET timezone")
        assert db.execute("SHOW timezone").fetchone() == ("UTC",)
        db.execute("SET application_name TO 'a test'")
        assert db.info.parameter_status("application_name") == "a test"
        assert db.info.parameter_status("server_version") == "16.6"
    assert one("SHOW statement_timeout", options="-c statement_timeout=5s") == ("5s",)
    refused("42704", "SET datafusion.execution.batch_size = 1")
    refused("22023", "SET default_transaction_read_only = off")


def test_sqlstates():
    for code, sql in [
        ("42703", "SELECT nope FROM fixes"), ("42P01", "SELECT * FROM nope"), ("42883", "SELECT nope(1)"),
        ("42601", "SELECT 1 FROM"), ("22012", "SELECT row_no / 0 FROM fixes"), ("22P02", "SELECT device_id::int FROM fixes"),
        ("42803", "SELECT lat, count(*) FROM fixes"),
    ]:
        refused(code, sql)


def test_only_reading():
    for sql in [
        "INSERT INTO fixes SELECT * FROM fixes", "DELETE FROM fixes", "UPDATE fixes SET lat = 0", "CREATE TABLE x (a int)",
        "CREATE TABLE x AS SELECT 1", "DROP TABLE fixes", "TRUNCATE fixes", "CREATE VIEW v AS SELECT 1",
        "EXPLAIN ANALYZE INSERT INTO fixes SELECT * FROM fixes", "SELECT * INTO x FROM fixes", "COPY fixes FROM STDIN",
        "WITH x AS (INSERT INTO fixes SELECT * FROM fixes RETURNING 1) SELECT * FROM x", "BEGIN READ WRITE",
        "CREATE EXTERNAL TABLE h STORED AS CSV LOCATION '/etc/hostname'", "PREPARE p AS INSERT INTO fixes SELECT * FROM fixes",
    ]:
        for more in ({}, {"prepare": True}):
            with connect() as db:
                try:
                    db.execute(sql, **more)
                except psycopg.Error as error:
                    assert error.sqlstate in ("25006", "42601", "0A000"), f"{sql}: {error.sqlstate} {error}"
                else:
                    raise AssertionError(f"{sql}: it was done")
    with tempfile.TemporaryDirectory() as folder:
        refused("42501", f"COPY (SELECT 1) TO '{folder}/x.csv'")
        refused("42501", "COPY (SELECT 1) TO PROGRAM 'cat'")
        assert os.listdir(folder) == []
    assert one("SELECT count(*) FROM fixes")[0] == ROWS


def test_copy_out():
    with connect() as db, db.cursor() as cursor:
        with cursor.copy("COPY (SELECT row_no, device_id FROM fixes ORDER BY row_no LIMIT 3) TO STDOUT") as copy:
            assert list(copy.rows()) == [("0", "device-0"), ("1", "device-1"), ("2", "device-2")]
        with cursor.copy("COPY (SELECT t, i4 FROM kinds) TO STDOUT WITH (FORMAT csv, HEADER)") as copy:
            assert b"".join(copy) .decode() == "t,i4\no'clock\té,-4\n,\n"
        assert cursor.execute("SELECT 1").fetchone() == (1,)


def test_tls():
    global SERVER
    plain, folder = SERVER, os.environ["CLIENTS_DIR"]
    SERVER = Server("--certificate", f"{folder}/server.crt", "--key", f"{folder}/server.key", "--require-tls")
    try:
        verified = {"host": "localhost", "sslmode": "verify-full", "sslrootcert": f"{folder}/server.crt"}
        assert one("SELECT 1", **verified) == (1,)
        assert one("SELECT 1", channel_binding="require", **verified) == (1,)
        assert one("SELECT 1", sslmode="require") == (1,)
        try:
            connect(sslmode="disable").close()
            raise AssertionError("a connection without TLS was taken")
        except psycopg.OperationalError as error:
            assert "without TLS" in str(error), error
    finally:
        SERVER.close()
        SERVER = plain
    failed = subprocess.run([os.environ["PG_DEMO"], "--certificate", "no.crt", "--key", "no.key"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert failed.returncode != 0 and "no.crt" in failed.stderr, failed.stderr


def test_too_many_connections():
    with contextlib.ExitStack() as open_ones:
        for _ in range(20):
            open_ones.enter_context(connect())
        try:
            connect().close()
            raise AssertionError("one too many was taken")
        except psycopg.OperationalError as error:
            assert "too many clients" in str(error), error
    deadline = time.monotonic() + 5
    while True:  # the server notices in its own time that they are gone
        with contextlib.suppress(psycopg.OperationalError):
            connect().close()
            return
        assert time.monotonic() < deadline


def test_psql_browsing():
    assert "fixes" in psql("\\dt"), psql("\\dt")
    assert "fixes" in psql("\\d")
    described = psql("\\d fixes")
    for text in ("device_id", "timestamp with time zone", "double precision", "bigint", "boolean"):
        assert text in described, described
    assert "double precision[]" in psql("\\d kinds"), psql("\\d kinds")
    assert "Latitude, degrees, WGS84." in psql("\\d+ fixes"), psql("\\d+ fixes")
    assert "public" in psql("\\dn")
    assert "ada" in psql("\\du")
    assert "locard" in psql("\\l")
    psql("\\df")
    psql("\\dv")
    psql("\\di")
    psql("\\conninfo")


def test_psql_lists():
    assert "fixes" in psql("\\dp"), psql("\\dp")
    assert "ada=r/ada" in psql("\\z fixes"), psql("\\z fixes")
    functions = psql("\\df")
    for text in ("distance_m", "double precision", "lat1, lon1"):
        assert text in functions, functions
    assert "metres" in psql("\\df+ distance_m"), psql("\\df+ distance_m")
    assert "h3_" in psql("\\df h3_*"), psql("\\df h3_*")
    listed = psql("\\dt")
    assert "table" in listed and "ada" in listed, listed
    for command in ("\\dT", "\\dT+", "\\dt+", "\\dn+", "\\l+", "\\dx", "\\dS pg_class", "\\dC", "\\dD", "\\do", "\\dd",
                    "\\da", "\\db", "\\dconfig", "\\ddp", "\\det", "\\dew", "\\des", "\\deu", "\\dF", "\\dg", "\\dL", "\\dO",
                    "\\dP", "\\drds", "\\dRp", "\\dRs", "\\dX", "\\dy", "\\dc", "\\dA", "\\ds", "\\dm", "\\dt *.*",
                    "\\d public.fixes", "\\encoding", "\\d information_schema.tables", "\\dfS lower"):
        psql(command)
    assert "double precision" in psql("\\d public.fixes")
    assert "51.5" in psql("TABLE fixes LIMIT 1")
    assert "5000" in psql("SELECT count(*) FROM fixes WHERE is_night FOR READ ONLY")


def test_statements_of_the_connection():
    with connect() as db:
        plan = [row[0] for row in db.execute("EXPLAIN SELECT count(*) FROM fixes")]
        assert any("Aggregate" in line for line in plan), plan
        with db.cursor() as cursor:
            cursor.execute("EXPLAIN (ANALYZE, VERBOSE off, FORMAT text) SELECT count(*) FROM fixes")
            assert [column.name for column in cursor.description] == ["QUERY PLAN"]
            assert "output_rows" in "".join(row[0] for row in cursor), "no measured plan"
        import json
        whole = db.execute("EXPLAIN (FORMAT JSON, COSTS off) SELECT count(*) FROM fixes").fetchall()
        assert len(whole) == 1 and json.loads(whole[0][0]), whole
        db.execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        assert db.execute("SHOW TRANSACTION ISOLATION LEVEL").fetchone() == ("repeatable read",)
        db.execute("SET application_name = 'changed'")
        assert ("application_name", "changed", "") in db.execute("SHOW ALL").fetchall()
        assert db.execute("SELECT setting FROM pg_settings WHERE name = 'application_name'").fetchone() == ("changed",)
        db.execute("PREPARE p AS SELECT 1")
        db.execute("DISCARD ALL")
        assert db.execute("SHOW application_name").fetchone() == ("",)
        assert db.execute("SHOW transaction_isolation").fetchone() == ("read committed",)
        db.execute("RESET ALL")
        db.execute("DISCARD PLANS")
        activity = db.execute("SELECT usename, state, pid = pg_backend_pid() FROM pg_stat_activity").fetchall()
        assert activity == [("ada", "active", True)], activity
    refused("26000", "EXECUTE p")
    refused("42601", "EXPLAIN (NONSENSE) SELECT 1")
    refused("25006", "EXPLAIN (ANALYZE) INSERT INTO fixes SELECT * FROM fixes")


def test_forms_of_moments():
    noon = datetime.datetime(2026, 6, 15, 12, tzinfo=UTC)
    for text in ("2026-06-15 12:00+00", "2026-06-15T12:00Z", "2026-06-15 13:00+01:00", "2026-06-15 12:00:00.000+00",
                 "20260615T120000Z", "2026-06-15 13:00 Europe/London"):
        assert one("SELECT %s::timestamptz", (text,))[0] == noon, text
        assert one(f"SELECT '{text}'::timestamptz")[0] == noon, text
    assert one("SELECT %s::timestamptz", ("2026-06-15",))[0] == noon.replace(hour=0)
    assert one("SELECT %s::date, %s::time", ("2026-06-15", "04:05")) == (datetime.date(2026, 6, 15), datetime.time(4, 5))
    refused("22007", "SELECT %s::timestamptz", ("2026-06-15 12:00 Atlantis/Centre",))


def test_psql_copies_to_a_file():
    with tempfile.TemporaryDirectory() as folder:
        psql(f"\\copy (SELECT row_no, lat FROM fixes ORDER BY row_no LIMIT 2) TO '{folder}/out.csv' WITH CSV HEADER")
        with open(f"{folder}/out.csv") as file:
            assert file.read() == "row_no,lat\n0,51.5\n1,51.500001\n"


def test_psql_many_statements():
    shown = psql("SELECT 1 AS a; SELECT 2 AS b", "BEGIN; SELECT 3 AS c; COMMIT")
    assert "a" in shown and "b" in shown and "c" in shown, shown
    assert "16.6" in psql("SELECT version()")
    assert psql("SELECT current_user, current_database(), pg_backend_pid() > 0 AS pid").split()[-6:-2] != []


def test_sqlalchemy():
    import sqlalchemy as sa
    url = sa.URL.create("postgresql+psycopg", "ada", PASSWORD, "127.0.0.1", SERVER.port, "locard", {"sslmode": "disable"})
    engine = sa.create_engine(url)
    try:
        inspector = sa.inspect(engine)
        assert set(inspector.get_table_names()) == {"fixes", "kinds"}, inspector.get_table_names()
        columns = {column["name"]: column for column in inspector.get_columns("fixes")}
        assert isinstance(columns["lat"]["type"], sa.DOUBLE_PRECISION), columns
        assert columns["ts"]["type"].timezone is True
        assert columns["lat"]["comment"] == "Latitude, degrees, WGS84.", columns["lat"]
        assert inspector.get_pk_constraint("fixes")["constrained_columns"] == []
        for what in (inspector.get_foreign_keys, inspector.get_indexes, inspector.get_unique_constraints, inspector.get_check_constraints):
            assert what("fixes") == [], what
        assert inspector.get_table_comment("fixes")["text"] is None
        assert inspector.get_schema_names() == ["information_schema", "public"]
        assert inspector.get_view_names() == [] and inspector.get_sequence_names() == [] and inspector.get_enums() == []
        assert inspector.has_table("fixes") and not inspector.has_table("nope")
        everything = sa.MetaData()
        everything.reflect(engine)
        assert set(everything.tables) == {"fixes", "kinds"}, everything.tables
        table = sa.Table("fixes", sa.MetaData(), autoload_with=engine)
        with engine.connect() as db:
            query = sa.select(table.c.device_id, sa.func.count()).where(table.c.lat > 51.5).group_by(table.c.device_id)
            assert len(db.execute(query).all()) == 7
            assert db.execute(sa.text("SELECT count(*) FROM fixes WHERE row_no < :n"), {"n": 5}).scalar_one() == 5
    finally:
        engine.dispose()


def test_adbc():
    import adbc_driver_postgresql.dbapi
    import pyarrow
    uri = f"postgresql://ada:ada%27s%20secret@127.0.0.1:{SERVER.port}/locard?sslmode=disable"
    with adbc_driver_postgresql.dbapi.connect(uri, autocommit=True) as db, db.cursor() as cursor:
        cursor.execute("SELECT row_no, lat, ts, device_id, is_night FROM fixes ORDER BY row_no")
        table = cursor.fetch_arrow_table()
        assert table.num_rows == ROWS
        assert table.schema.field("lat").type == pyarrow.float64(), table.schema
        assert pyarrow.types.is_timestamp(table.schema.field("ts").type), table.schema
        assert table.column("device_id")[1].as_py() == "device-1"
        cursor.execute("SELECT count(*) FROM fixes WHERE row_no < $1", (5,))
        assert cursor.fetchone() == (5,)
        objects = db.adbc_get_objects(depth="tables").read_all().to_pylist()
        found = {t["table_name"] for c in objects for s in c["catalog_db_schemas"] for t in s["db_schema_tables"] or []}
        assert {"fixes", "kinds"} <= found, found
        columns = db.adbc_get_objects(depth="all", table_name_filter="fix%", column_name_filter="la%").read_all().to_pylist()
        [table] = [t for c in columns for s in c["catalog_db_schemas"] for t in s["db_schema_tables"] or []]
        [column] = table["table_columns"]
        assert (column["column_name"], column["xdbc_type_name"], column["remarks"], column["ordinal_position"]) == (
            "lat", "float8", "Latitude, degrees, WGS84.", 3), column
        assert table["table_constraints"] == [], table
        assert (db.adbc_current_catalog, db.adbc_current_db_schema) == ("locard", "public")
        schema = db.adbc_get_table_schema("fixes")
        assert schema.field("lat").type == pyarrow.float64(), schema


# What is ended here goes on computing until it gives up its turn, so it comes last.


def test_cancel():
    with connect() as db:
        began = time.monotonic()
        timer = threading.Timer(0.5, db.cancel_safe)
        timer.start()
        try:
            db.execute(HEAVY)
            raise AssertionError("it was not cancelled")
        except psycopg.errors.QueryCanceled as error:
            assert "user request" in str(error)
        timer.join()
        assert time.monotonic() - began < 1.5, time.monotonic() - began
        assert db.execute("SELECT 1").fetchone() == (1,)


def test_statement_timeout():
    with connect() as db:
        db.execute("SET statement_timeout = '300ms'")
        try:
            db.execute(HEAVY)
            raise AssertionError("it was not ended")
        except psycopg.errors.QueryCanceled as error:
            assert "statement timeout" in str(error)


def test_jdbc():
    jars = os.path.join(os.environ["CLIENTS_DIR"], "jars")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Jdbc.java")
    # A server of its own: what was cancelled before may still compute.
    with contextlib.closing(Server()) as server:
        done = subprocess.run(["java", "-cp", f"{jars}/*", source, str(server.port)], capture_output=True, text=True, timeout=300)
    print(done.stdout, end="", flush=True)
    assert done.returncode == 0, done.stderr


def main():
    global SERVER
    chosen = sys.argv[1:]
    tests = {name: test for name, test in globals().items() if name.startswith("test_") and (not chosen or name in chosen)}
    SERVER = Server()
    failed = []
    try:
        for name, test in tests.items():
            began = time.monotonic()
            try:
                test()
                print(f"ok     {name}  {time.monotonic() - began:.2f} s", flush=True)
            except Exception:
                failed.append(name)
                print(f"FAILED {name}\n{traceback.format_exc()}", flush=True)
    finally:
        SERVER.close()
    print(f"{len(tests) - len(failed)} of {len(tests)} passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
