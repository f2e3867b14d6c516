"""How fast rows come through the PostgreSQL protocol, beside PostgreSQL itself: 10^6 rows of six columns.

PG_DEMO is the program examples/pg_demo, built in release. PostgreSQL is started from PG_BIN, or from where pg_config or
Debian's packages have it, in a folder of its own, and given the same rows. Each way of reading is timed on both in turn,
ROUNDS times, now the one first and now the other, and the median of each counts: the client takes most of the time, and
its own times differ by half. Prints rows a second, how many times PostgreSQL's rate Locard's is, and the processor's
seconds that each server took for one reading.

    PG_DEMO=target/release/examples/pg_demo target/clients/venv/bin/python tests/clients/speed.py
"""

import contextlib
import glob
import os
import pwd
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import adbc_driver_postgresql.dbapi
import psycopg

import postgres

ROWS = 1_000_000
ROUNDS = 21
# What tests/sql/pg/tables.rs makes.
SAME_ROWS = f"""
    CREATE TABLE fixes AS
    SELECT 'device-' || n % 7 AS device_id, timestamptz '2026-06-15 12:00:00+00' + n * interval '1 second' AS ts,
           51.5::float8 + n * 1e-6::float8 AS lat, -0.12::float8 + n * 1e-6::float8 AS lon,
           n::int8 AS row_no, n % 2 = 0 AS is_night
    FROM generate_series(0, {ROWS - 1}) n
"""


def programs():
    """The folder of PostgreSQL's programs."""
    folders = [os.environ.get("PG_BIN", "")]
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        folders.append(subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True).stdout.strip())
    folders += sorted(glob.glob("/usr/lib/postgresql/*/bin"))
    for folder in folders:
        if folder and os.path.exists(f"{folder}/initdb") and os.path.exists(f"{folder}/postgres"):
            return folder
    sys.exit("NOT POSSIBLE: no PostgreSQL server is installed; PG_BIN may name the folder of its programs")


class Postgres:
    """A PostgreSQL server of its own, with the same rows."""

    def __init__(self):
        self.bin = programs()
        # It refuses to run as root.
        self.user = "nobody" if os.geteuid() == 0 else None
        self.folder = tempfile.mkdtemp(prefix="locard-speed-")
        if self.user:
            os.chown(self.folder, pwd.getpwnam(self.user).pw_uid, -1)
        self.run("initdb", "-D", f"{self.folder}/data", "-U", "ada", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        # Both are asked over TCP on loopback.
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = f"-c listen_addresses=127.0.0.1 -p {port} -k {self.folder} -c timezone=UTC -c fsync=off"
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-w", "-l", f"{self.folder}/log", "-o", options, "start")
        self.conninfo = f"host=127.0.0.1 port={port} user=ada dbname=postgres sslmode=disable"
        self.uri = f"postgresql://ada@127.0.0.1:{port}/postgres?sslmode=disable"
        with psycopg.connect(self.conninfo, autocommit=True) as db:
            db.execute(SAME_ROWS)
            db.execute("VACUUM ANALYZE fixes")
            self.version = db.execute("SHOW server_version").fetchone()[0]

    def run(self, program, *arguments):
        more = {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid} if self.user else {}
        done = subprocess.run([f"{self.bin}/{program}", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, cwd="/", **more)
        assert done.returncode == 0, done.stderr

    def close(self):
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-w", "-m", "immediate", "stop")
        shutil.rmtree(self.folder)


def by_psycopg(conninfo, _):
    return psycopg.connect(conninfo, autocommit=True)


def in_transaction(conninfo, _):
    return psycopg.connect(conninfo)


def by_adbc(_, uri):
    return adbc_driver_postgresql.dbapi.connect(uri, autocommit=True)


def text_rows(db):
    with db.cursor() as cursor:
        return sum(1 for _ in cursor.stream("SELECT * FROM fixes", size=1000))


def binary_rows(db):
    with db.cursor(binary=True) as cursor:
        return sum(1 for _ in cursor.stream("SELECT * FROM fixes", size=1000))


def cursor_rows(db):
    with db.cursor(name="many") as cursor:
        cursor.itersize = 10_000
        return sum(1 for _ in cursor.execute("SELECT * FROM fixes"))


def copied_lines(db):
    with db.cursor() as cursor, cursor.copy("COPY fixes TO STDOUT") as copy:
        return sum(bytes(data).count(b"\n") for data in copy)


def raw_rows(db):
    """What libpq takes in, without Python's values."""
    return db.pgconn.exec_(b"SELECT * FROM fixes").ntuples


def arrow(db):
    with db.cursor() as cursor:
        cursor.execute("SELECT * FROM fixes")
        return cursor.fetch_arrow_table().num_rows


# How to come in, which is not timed (one server asks for a password, the other does not), and how to read.
WAYS = {
    "libpq, text": (by_psycopg, raw_rows),
    "psycopg stream, text": (by_psycopg, text_rows),
    "psycopg stream, binary": (by_psycopg, binary_rows),
    "psycopg server-side cursor, text": (in_transaction, cursor_rows),
    "psycopg COPY, text": (by_psycopg, copied_lines),
    "ADBC (COPY, binary, to Arrow)": (by_adbc, arrow),
}


def lines(conninfo):
    """All rows as text, in an order that does not hang on the server."""
    with psycopg.connect(conninfo, autocommit=True) as db, db.cursor() as cursor:
        with cursor.copy("COPY (SELECT * FROM fixes ORDER BY row_no) TO STDOUT") as copy:
            return b"".join(bytes(data) for data in copy)


def backend(db):
    """The process of PostgreSQL that answers a connection."""
    if isinstance(db, psycopg.Connection):
        return db.info.backend_pid
    with db.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def seconds_of(process):
    """The processor's time that a process has taken, seconds."""
    with open(f"/proc/{process}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    postgres.ROWS = ROWS
    with contextlib.closing(postgres.Server()) as server, contextlib.closing(Postgres()) as theirs:
        ours = f"host=127.0.0.1 port={server.port} user=ada dbname=locard sslmode=disable password='ada\\'s secret'"
        uri = f"postgresql://ada:ada%27s%20secret@127.0.0.1:{server.port}/locard?sslmode=disable"
        assert lines(ours) == lines(theirs.conninfo), "the servers have not the same rows"
        print(f"{ROWS:,} rows; PostgreSQL {theirs.version}; {os.environ['PG_DEMO']}")
        print(f"{'':34} {'Locard':>12} {'PostgreSQL':>12}  ratio  CPU s, each")
        for name, (come_in, read) in WAYS.items():
            times, cpu = {"Locard": [], "PostgreSQL": []}, {"Locard": [], "PostgreSQL": []}
            servers = [("Locard", (ours, uri)), ("PostgreSQL", (theirs.conninfo, theirs.uri))]
            for _ in range(ROUNDS):
                servers.reverse()
                for which, where in servers:
                    with come_in(*where) as db:
                        process = server.process.pid if which == "Locard" else backend(db)
                        before, began = seconds_of(process), time.monotonic()
                        assert read(db) == ROWS, f"{name}: {which}"
                        times[which].append(time.monotonic() - began)
                        cpu[which].append(seconds_of(process) - before)
            rates = [ROWS / statistics.median(times[which]) for which in ("Locard", "PostgreSQL")]
            spent = [statistics.median(cpu[which]) for which in ("Locard", "PostgreSQL")]
            print(f"{name:34} {rates[0]:12,.0f} {rates[1]:12,.0f}  {rates[0] / rates[1]:5.2f}  {spent[0]:.2f} {spent[1]:.2f}",
                  flush=True)


if __name__ == "__main__":
    main()
