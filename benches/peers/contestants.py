"""How each contestant is asked: a command that answers with the number of pairs."""
import json
import re
import sys
from dataclasses import dataclass
from typing import Callable

EARTH_RADIUS_M = 6371008.8


@dataclass(frozen=True)
class Contestant:
    """A name for the table, the command, and how its output gives the number of pairs."""

    name: str
    command: list
    pairs: Callable


@dataclass(frozen=True)
class Question:
    """Pairs of a suspect's and a victim's fix at most `radius_m` and `window_s` apart, of one case or of any."""

    folder: str
    any_case: bool
    radius_m: float
    window_s: int
    cores: int

    def file(self, side):
        return f"{self.folder}/{side}.parquet"


def first_number(text):
    """The first number of the output after the column's name, `pairs`."""
    found = re.search(r"\d+", text[text.index("pairs"):])
    return int(found.group()) if found else None


def locard(binary, q, name="locard", sql=None):
    """Locard and the plain predicate: no bucket, no grid, no hint."""
    key = "" if q.any_case else "s.case_id = v.case_id AND "
    sql = sql or (
        f"SELECT count(*) AS pairs FROM s JOIN v ON {key}haversine_m(s.lat, s.lon, v.lat, v.lon) <= {q.radius_m:g} "
        f"AND s.ts BETWEEN v.ts - INTERVAL '{q.window_s} seconds' AND v.ts + INTERVAL '{q.window_s} seconds'")
    tables = ["-t", f"s={q.file('suspects')}", "-t", f"v={q.file('victims')}"]
    return Contestant(name, [binary, "sql", *tables, "-c", sql], first_number)


def peer(script, name, q, grid):
    """A peer as its expert would write it: the script holds the SQL; without the grid only time is bucketed."""
    command = [sys.executable, script, name, q.folder, "--radius", f"{q.radius_m:g}", "--window", str(q.window_s),
               "--threads", str(q.cores)]
    command += ["--any"] if q.any_case else []
    command += [] if grid else ["--no-grid"]
    shown = name if grid else f"{name}, no grid"
    return Contestant(shown, command, lambda text: json.loads(text.strip().splitlines()[-1])["pairs"])


def stored_cells_sql(q, read, micros, cell_list):
    """An equi-join on stored H3 cells and time buckets, then the exact test: what a table with a cell column is for.

    A position within 100 m lies in the cell or in one of its six neighbours: they reach an edge's length, at
    resolution 9 about 200 m, beyond it.
    """
    w = q.window_s * 1_000_000
    key = "" if q.any_case else "s.case_id = v.case_id AND "
    return (
        f"WITH vv AS (SELECT case_id, lat, lon, {micros} AS t, {cell_list} AS cell FROM {read('victims')}), "
        f"vb AS (SELECT case_id, lat, lon, t, cell, CAST(floor(t / {w}.0) AS BIGINT) + k AS b "
        "FROM vv CROSS JOIN (VALUES (-1), (0), (1)) AS x(k)), "
        f"ss AS (SELECT case_id, lat, lon, {micros} AS t, h3 AS cell FROM {read('suspects')}), "
        f"sb AS (SELECT *, CAST(floor(t / {w}.0) AS BIGINT) AS b FROM ss) "
        f"SELECT count(*) AS pairs FROM sb AS s JOIN vb AS v ON {key}s.b = v.b AND s.cell = v.cell "
        f"WHERE abs(s.t - v.t) <= {w} AND {haversine('s', 'v')} <= {q.radius_m:g}")


def haversine(a, b):
    half = "power(sin(radians({0}.{2} - {1}.{2}) / 2), 2)"
    lat, lon = half.format(b, a, "lat"), half.format(b, a, "lon")
    return f"2 * {EARTH_RADIUS_M} * asin(sqrt({lat} + cos(radians({a}.lat)) * cos(radians({b}.lat)) * {lon}))"


DUCKDB = "import duckdb, sys; c = duckdb.connect(); c.execute(f'SET threads={sys.argv[1]}'); " \
         "print('pairs', c.execute(sys.argv[2]).fetchone()[0])"


def duckdb_stored_cells(q):
    sql = stored_cells_sql(q, lambda side: f"'{q.file(side)}'", "epoch_us(ts)", "unnest(h3_disk)")
    return Contestant("duckdb, stored cells", [sys.executable, "-c", DUCKDB, str(q.cores), sql], first_number)


def locard_stored_cells(binary, q):
    sql = stored_cells_sql(q, lambda side: side[0], "arrow_cast(ts, 'Int64')", "unnest(h3_disk)")
    return locard(binary, q, "locard, stored cells", sql)
