#!/usr/bin/env python3
"""Asks the questions of queries/ of Locard and of DuckDB, over one store, turn by turn, and prints the ratios.

  tests/kafka/broker.sh run -- ...                    a store: see docs/asking.md, "How fast"
  cargo bench --no-run --bench questions
  python3 -m venv target/peers && target/peers/bin/pip install duckdb deltalake
  target/peers/bin/python benches/peers/questions.py BENCH_BINARY STORE [--case C] [--rounds 5] [--threads 2]

DuckDB reads the store's own Parquet files of fixes, proximities and encounters (the newest version of each encounter
by a view), and the small folded tables (targets, attributions) as Parquet that Locard wrote before. It gets the same
SQL. What it lacks is given as macros: `distance_m` is the haversine there, cheaper than the geodesic that Locard
computes; h3 parents are bit operations. The first round is cold and is not counted; each question is asked of both in
each round, and the least of the rounds is taken. Locard answers twice: as it does, keeping columns that are asked for
again and again decoded, and keeping none. Rows must be as many; where the sphere and the ellipsoid disagree at a
radius they may not be, and the table says so.
"""
import argparse
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import time

import duckdb
from deltalake import DeltaTable

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
QUERIES = os.path.join(HERE, "..", "..", "queries")
EARTH_RADIUS_M = 6371008.8
JOINS = {"first-near-address", "nights-in-zone", "present-at-scenes", "presence-at-incidents", "travel-together",
         "repeat-locations-before-report", "visits-while-away"}
SMALL = ("targets", "attributions", "custody", "requests")
# A question that takes one of them longer than this, seconds, is asked of it once, cold.
LONG_S = 20.0
MACROS = f"""
CREATE MACRO distance_m(a, b, c, d) AS 2 * {EARTH_RADIUS_M} * asin(least(1, sqrt(
  pow(sin(radians(c - a) / 2), 2) + cos(radians(a)) * cos(radians(c)) * pow(sin(radians(d - b) / 2), 2))));
CREATE MACRO haversine_m(a, b, c, d) AS distance_m(a, b, c, d);
CREATE MACRO to_local_time(t) AS t;
CREATE MACRO arrow_cast(t, kind) AS t;
CREATE MACRO date_bin(width, t) AS time_bucket(width, t);
CREATE MACRO h3_text(h) AS printf('%x', h);
CREATE MACRO h3_parent(h, r) AS (h & ~(15::UBIGINT << 52)) | (r::UBIGINT << 52) | ((1::UBIGINT << (3 * (15 - r))::INTEGER) - 1);
SET TimeZone = 'UTC';
"""


class Locard:
    """The bench's process: a line in, a line out."""

    def __init__(self, binary, store, *more):
        self.process = subprocess.Popen([binary, "--bench", "--data", store, *more], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def ask(self, what):
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer


def question(name):
    """The SQL of a question and its parameters: name to (type, default)."""
    with open(os.path.join(QUERIES, name + ".sql")) as file:
        text = file.read()
    parameters = {}
    for line in text.splitlines():
        found = re.match(r"-- param (\w+) (\w+)(?: = (.*?))?:\s", line)
        if found:
            parameters[found[1]] = (found[2], found[3])
    sql = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    return sql, parameters


def filled(name, given):
    sql, parameters = question(name)
    for parameter, (kind, default) in parameters.items():
        value = given.get(parameter, default)
        if value is None:
            raise SystemExit(f"{name} needs a value for {parameter}")
        value = value.strip("'")
        literal = {"text": f"'{value}'", "interval": f"INTERVAL '{value}'", "timestamp": f"TIMESTAMPTZ '{value}'",
                   "date": f"DATE '{value}'"}.get(kind, value)
        sql = re.sub(rf"\${parameter}\b", literal, sql)
    return sql


def cpu_s():
    times = os.times()
    return times.user + times.system


class Duck:
    """DuckDB over the store's own files, with the views that Locard has over them."""

    def __init__(self, store, small, threads):
        self.db = duckdb.connect()
        self.db.execute(f"SET threads = {threads}")
        self.db.execute(MACROS)
        for table in ("fixes", "proximity", "encounters"):
            files = [uri.removeprefix("file://") for uri in DeltaTable(os.path.join(store, table)).file_uris()]
            view = f"SELECT * FROM read_parquet({files}, hive_partitioning = true)"
            if table != "fixes":
                thing = table.rstrip("s") + "_id"
                view = (f"SELECT * FROM ({view}) QUALIFY row_number() OVER (PARTITION BY case_id, {thing} "
                        "ORDER BY revision DESC, stored_at) = 1 AND status = 'current'")
            self.db.execute(f"CREATE VIEW {table} AS {view}")
        for table in SMALL:
            self.db.execute(f"CREATE TABLE {table} AS SELECT * FROM read_parquet('{small}/{table}.parquet')")

    def ask(self, sql):
        began, cpu = time.perf_counter(), cpu_s()
        rows = len(self.db.execute(sql).fetchall())
        return {"rows": rows, "seconds": time.perf_counter() - began, "cpu_s": cpu_s() - cpu}


def values_of(duck, case):
    """Values for the parameters that have no default, taken from the case itself."""
    one = lambda sql: duck.db.execute(sql).fetchone()
    device = one(f"SELECT device_id FROM fixes WHERE case_id = '{case}' AND device_id IN (SELECT device_id FROM attributions "
                 f"WHERE case_id = '{case}' AND role = 'suspect') GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1")[0]
    place = one(f"SELECT name FROM targets WHERE case_id = '{case}' AND kind = 'place' ORDER BY 1 LIMIT 1")[0]
    first, last = one(f"SELECT min(t0), max(t0) FROM fixes WHERE case_id = '{case}'")
    middle = first + (last - first) / 2
    since = one(f"SELECT quantile_disc(stored_at, 0.9) FROM fixes WHERE case_id = '{case}'")[0]
    moment = lambda at: at.isoformat()
    return {"case": case, "device": device, "place": place, "reported": moment(last), "since": moment(since),
            "from": moment(first + (last - first) / 10), "to": moment(middle)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench")
    parser.add_argument("store")
    parser.add_argument("--case", help="the case that is asked about; unless given, the one with most fixes")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--only", help="questions, with commas between")
    args = parser.parse_args()
    locard, plain = Locard(args.bench, args.store), Locard(args.bench, args.store, "--kept-mib", "0")
    with tempfile.TemporaryDirectory() as small:
        for table in SMALL:
            locard.ask({"sql": f"SELECT * FROM {table}", "into": f"{small}/{table}.parquet"})
        duck = Duck(args.store, small, args.threads)
    case = args.case or duck.db.execute("SELECT case_id FROM fixes GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1").fetchone()[0]
    total, of_case = duck.db.execute(f"SELECT count(*), count(*) FILTER (case_id = '{case}') FROM fixes").fetchone()
    print(f"{total:,} fixes, {of_case:,} of the case asked about ({case}); DuckDB {duckdb.__version__}; {args.threads} threads\n")
    given = values_of(duck, case)
    names = sorted(os.path.basename(path)[:-4] for path in glob.glob(f"{QUERIES}/*.sql"))
    if args.only:
        names = [name for name in names if name in args.only.split(",")]
    asked = {name: filled(name, given) for name in names}
    times = {name: {"locard": [], "plain": [], "duckdb": []} for name in names}
    refused = {}
    for turn in range(args.rounds + 1):
        for name, sql in asked.items():
            # Whoever comes after another finds the machine's caches full of the other's: every other round goes backwards.
            order = [("locard", locard), ("plain", plain), ("duckdb", duck)]
            for who, contestant in order[::-1] if turn % 2 else order:
                so_far = times[name][who]
                if (name, who) in refused or (so_far and so_far[0]["seconds"] > LONG_S):
                    continue
                try:
                    answer = contestant.ask(sql)
                except duckdb.Error as error:
                    refused[name, who] = str(error).splitlines()[0]
                    continue
                if turn > 0 or answer["seconds"] > LONG_S:
                    so_far.append(answer)
    print("| question | rows | Locard ms | keeping nothing ms | DuckDB ms | ratio | CPU ratio | |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    least = lambda name, who: min(times[name][who], key=lambda a: a["seconds"])
    for name in names:
        ours = least(name, "locard")
        both = f"{ours['seconds'] * 1e3:.1f} | {least(name, 'plain')['seconds'] * 1e3:.1f}"
        if (name, "duckdb") in refused:
            print(f"| {name} | {ours['rows']} | {both} | | | | {refused[name, 'duckdb']} |")
            continue
        theirs = least(name, "duckdb")
        ratio = ours["seconds"] / theirs["seconds"]
        cpu = ours["cpu_s"] / theirs["cpu_s"] if theirs["cpu_s"] >= 0.02 else float("nan")
        asked_for = 0.5 if name in JOINS else 1.0
        rows = ours["rows"] if ours["rows"] == theirs["rows"] else f"{ours['rows']} / {theirs['rows']}"
        met = "" if ratio <= asked_for else f"above {asked_for}"
        print(f"| {name} | {rows} | {both} | {theirs['seconds'] * 1e3:.1f} | {ratio:.2f} | {cpu:.2f} | {met} |")
    for contestant in (locard, plain):
        contestant.process.stdin.close()
        contestant.process.wait()


if __name__ == "__main__":
    main()
