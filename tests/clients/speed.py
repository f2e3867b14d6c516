"""How fast rows come through the PostgreSQL protocol: 10^6 rows of six columns, from examples/pg_demo to real clients.

PG_DEMO is the program. Prints rows a second for each way of reading; each is done twice, and the faster one counts.
"""

import os
import time

import adbc_driver_postgresql.dbapi
import psycopg

import postgres

ROWS = 1_000_000


def text_rows(db):
    with db.cursor() as cursor:
        return sum(1 for _ in cursor.stream("SELECT * FROM fixes", size=1000))


def binary_rows(db):
    with db.cursor(binary=True) as cursor:
        return sum(1 for _ in cursor.stream("SELECT * FROM fixes", size=1000))


def copied_bytes(db):
    with db.cursor() as cursor, cursor.copy("COPY fixes TO STDOUT") as copy:
        return ROWS if sum(len(data) for data in copy) > ROWS else 0


def raw_rows(db):
    """What libpq takes in, without Python's values."""
    result = db.pgconn.exec_(b"SELECT * FROM fixes")
    return result.ntuples


def arrow(uri):
    with adbc_driver_postgresql.dbapi.connect(uri, autocommit=True) as db, db.cursor() as cursor:
        cursor.execute("SELECT * FROM fixes")
        return cursor.fetch_arrow_table().num_rows


def measure(name, read):
    best = None
    for _ in range(2):
        began = time.monotonic()
        assert read() == ROWS, name
        best = min(best or 1e9, time.monotonic() - began)
    print(f"{name}: {ROWS / best:,.0f} rows/s ({best:.2f} s)", flush=True)


def main():
    postgres.ROWS = ROWS
    postgres.SERVER = postgres.Server()
    port = os.environ.get("PGPORT") or postgres.SERVER.port
    uri = f"postgresql://ada:ada%27s%20secret@127.0.0.1:{port}/locard?sslmode=disable"
    try:
        with psycopg.connect(uri, autocommit=True) as db:
            measure("libpq, text", lambda: raw_rows(db))
            measure("psycopg stream, text", lambda: text_rows(db))
            measure("psycopg stream, binary", lambda: binary_rows(db))
            measure("psycopg COPY, text", lambda: copied_bytes(db))
        measure("ADBC (COPY, binary, to Arrow)", lambda: arrow(uri))
    finally:
        postgres.SERVER.close()


if __name__ == "__main__":
    main()
