"""ADBC's Flight SQL driver against examples/flight_demo. Each function named test_* is one; the names of some can be given.

FLIGHT_DEMO is the program, CLIENTS_DIR a folder with server.crt and server.key. Ends with 1 if one fails.
"""

import contextlib
import datetime
import decimal
import os
import subprocess
import sys
import threading
import time
import traceback

import adbc_driver_flightsql
import adbc_driver_flightsql.dbapi as flight
import adbc_driver_manager
import pyarrow

UTC = datetime.timezone.utc
PASSWORD = "ada's secret"
ROWS = 10_000
HEAVY = "SELECT count(*) FROM fixes a, fixes b, fixes c WHERE a.lat * b.lon + c.lat > 1e9"
HEADER = adbc_driver_flightsql.DatabaseOptions.AUTHORIZATION_HEADER.value


class Server:
    """The program, running; `uri` is where."""

    def __init__(self, *flags, scheme="grpc"):
        self.process = subprocess.Popen(
            [os.environ["FLIGHT_DEMO"], "--rows", str(ROWS), *flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        address = self.process.stdout.readline().strip()
        assert address, f"the server did not start: {self.process.wait()}"
        self.uri = f"{scheme}://localhost:{address.rsplit(':', 1)[1]}"

    def forward(self, seconds):
        self.process.stdin.write(f"forward {seconds}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


SERVER = None


@contextlib.contextmanager
def connect(server=None, password=PASSWORD, username="ada", **more):
    options = {"username": username, "password": password, **more}
    with flight.connect((server or SERVER).uri, db_kwargs=options, autocommit=True) as db:
        yield db


def with_token(token, server=None):
    return flight.connect((server or SERVER).uri, db_kwargs={HEADER: f"Bearer {token}"}, autocommit=True)


def table(sql, parameters=None, **more):
    with connect(**more) as db, db.cursor() as cursor:
        return cursor.execute(sql, parameters).fetch_arrow_table()


def refused(kind, act):
    try:
        act()
    except adbc_driver_manager.Error as error:
        assert isinstance(error, kind), f"{type(error)}, not {kind}: {error}"
        return str(error)
    raise AssertionError("it was answered")


def test_wrong_password_and_expired_token():
    told = [refused(adbc_driver_manager.Error, lambda: table("SELECT 1", password="wrong")),
            refused(adbc_driver_manager.Error, lambda: table("SELECT 1", username="nobody"))]
    own = Server()
    try:
        with with_token("locard_ben", own) as db:
            with db.cursor() as cursor:
                assert cursor.execute("SELECT account FROM whose").fetchall() == [("ben",)]
            own.forward(700)
            with db.cursor() as cursor:
                told.append(refused(adbc_driver_manager.Error, lambda: cursor.execute("SELECT 1").fetchall()))

        def again():
            with with_token("locard_ben", own) as db, db.cursor() as cursor:
                cursor.execute("SELECT 1").fetchall()
        told.append(refused(adbc_driver_manager.Error, again))
    finally:
        own.close()
    for text in told:
        assert "not let in" in text and "expired" not in text, text


def test_schema_browsing():
    with connect() as db:
        objects = db.adbc_get_objects(depth="all").read_all().to_pylist()
        assert [c["catalog_name"] for c in objects] == ["locard"]
        tables = {t["table_name"]: t for s in objects[0]["catalog_db_schemas"] for t in s["db_schema_tables"]}
        assert sorted(tables) == ["fixes", "kinds", "whose"]
        columns = {c["column_name"]: c for c in tables["fixes"]["table_columns"]}
        assert list(columns) == ["device_id", "ts", "lat", "lon", "row_no", "is_night"], columns
        schema = db.adbc_get_table_schema("fixes")
        # The driver's list of objects has no place for comments; the schema has.
        assert schema.field("lat").metadata[b"ARROW:FLIGHT:SQL:REMARKS"] == b"Latitude, degrees, WGS84.", schema
        assert schema.field("ts").type == pyarrow.timestamp("us", "UTC")
        assert db.adbc_get_table_types() == ["TABLE"]
        info = db.adbc_get_info()
        assert info["vendor_name"] == "Locard", info


def test_types_round_trip():
    got = table("SELECT * FROM kinds").to_pylist()
    expected = dict(
        b=True, i4=-4, i8=2**63 - 1, u8=2**64 - 1, f4=0.25, f8=0.1, t="o'clock\té", tv="a view of a longer text", d="path",
        by=b"\x00\xff", da=datetime.date(2024, 10, 4), ts=datetime.datetime(2026, 6, 15, 12, 0, 0, 1),
        tz=datetime.datetime(2026, 6, 15, 12, tzinfo=UTC), nu=decimal.Decimal("-123.45"), l=[1.5, None],
    )
    for name, value in expected.items():
        assert got[0][name] == value, f"{name}: {got[0][name]!r}, not {value!r}"
    assert set(got[1].values()) == {None}


def test_parameters():
    noon = datetime.datetime(2026, 6, 15, 12, tzinfo=UTC)
    with connect() as db, db.cursor() as cursor:
        for value in (7, -3, 2**40, "text 'with' quotes", 1.5, True, b"\x00\x01", datetime.date(2026, 2, 28), noon, None):
            for mark in ("?", "$1"):
                got = cursor.execute(f"SELECT {mark}", (value,)).fetchone()[0]
                assert got == value, f"{mark}: {got!r}, not {value!r}"
        sql = "SELECT count(*) FROM fixes WHERE device_id = ? AND row_no < ?"
        assert cursor.execute(sql, ("device-3", 70)).fetchone() == (10,)
        assert cursor.execute(sql, ("device-3", 7)).fetchone() == (1,)
        assert cursor.execute("SELECT row_no FROM fixes ORDER BY row_no LIMIT ?", (2,)).fetchall() == [(0,), (1,)]
        assert cursor.execute("SELECT count(*) FROM fixes WHERE ts < ?", (noon + datetime.timedelta(seconds=10),)).fetchone() == (10,)
        parameters = cursor.adbc_prepare("SELECT 1 FROM fixes WHERE lat > $1 AND device_id = $2")
        assert [f.type for f in parameters] == [pyarrow.float64(), pyarrow.string()], parameters
        schema = cursor.adbc_execute_schema("SELECT lat, device_id FROM fixes")
        assert schema.names == ["lat", "device_id"]


def test_many_rows_as_a_stream():
    with connect() as db, db.cursor() as cursor:
        cursor.execute("SELECT a.row_no * 100 + b.row_no AS n, a.device_id FROM fixes a, fixes b WHERE b.row_no < 100 ORDER BY n")
        count, last = 0, -1
        for batch in cursor.fetch_record_batch():
            numbers = batch.column(0).to_pylist()
            assert numbers[0] == last + 1
            count, last = count + len(numbers), numbers[-1]
        assert count == ROWS * 100


def test_cancel():
    with connect() as db, db.cursor() as cursor:
        threading.Timer(1.0, cursor.adbc_cancel).start()
        begun = time.monotonic()
        told = refused(adbc_driver_manager.Error, lambda: cursor.execute(HEAVY).fetchall())
        assert "cancel" in told.lower(), told
        print(f"    ended {time.monotonic() - begun - 1.0:.2f} s after the cancel")
        with db.cursor() as after:
            assert after.execute("SELECT 1").fetchone() == (1,)


def test_only_reads():
    for sql in ("INSERT INTO fixes SELECT * FROM fixes", "CREATE TABLE x AS SELECT 1", "DROP TABLE fixes",
                "COPY fixes TO '/tmp/nothing.csv'", "EXPLAIN ANALYZE INSERT INTO fixes SELECT * FROM fixes"):
        told = refused(adbc_driver_manager.NotSupportedError, lambda: table(sql))
        assert "only reads" in told, told
    with connect() as db:
        with db.cursor() as cursor:
            refused(adbc_driver_manager.NotSupportedError, lambda: cursor.adbc_ingest("x", pyarrow.table({"a": [1]})))
        with db.cursor() as cursor:
            refused(adbc_driver_manager.NotSupportedError, lambda: cursor.executescript("DELETE FROM fixes"))
    assert table("SELECT count(*) FROM fixes").to_pylist() == [{"count(*)": ROWS}]


def test_mistakes():
    for sql, says in (("SELECT nope FROM fixes", "nope"), ("SELEKT 1", "syntax"), ("SELECT 1 FROM nowhere", "nowhere")):
        told = refused(adbc_driver_manager.ProgrammingError, lambda: table(sql))
        assert says in told, told


def test_tls():
    folder = os.environ["CLIENTS_DIR"]
    files = [os.path.join(folder, name) for name in ("server.crt", "server.key")]
    own = Server("--certificate", files[0], "--key", files[1], scheme="grpc+tls")
    try:
        with open(files[0], encoding="ascii") as file:
            roots = {adbc_driver_flightsql.DatabaseOptions.TLS_ROOT_CERTS.value: file.read()}
        assert table("SELECT account FROM whose", server=own, **roots).to_pylist() == [{"account": "ada"}]
        refused(adbc_driver_manager.Error, lambda: table("SELECT 1", server=own))
        own.uri = own.uri.replace("grpc+tls", "grpc")
        refused(adbc_driver_manager.Error, lambda: table("SELECT 1", server=own))
    finally:
        own.close()


def main():
    global SERVER
    SERVER = Server()
    failed = []
    for name, test in list(globals().items()):
        if not name.startswith("test_") or (sys.argv[1:] and name not in sys.argv[1:]):
            continue
        try:
            test()
            print(f"ok      {name}")
        except Exception:
            failed.append(name)
            print(f"FAILED  {name}")
            traceback.print_exc()
    SERVER.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
