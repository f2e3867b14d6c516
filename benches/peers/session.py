#!/usr/bin/env python3
"""What a session for each request costs: one small question, asked in four ways, of one server.

  tests/kafka/broker.sh run -- target/clients/venv/bin/python benches/peers/session.py target/release/locard [--times 300]

Over HTTP each request is somebody's anew (a token is checked, a login and a question are written to the audit, on the disk);
over PostgreSQL a session lasts as long as its connection. Medians and 95th percentiles, milliseconds, on one connection that is kept,
but for the last way, which comes in anew each time, with a password that is slow to check on purpose. How long the disk takes to
write one line safely is measured beside it: the audit cannot be faster.
"""
import argparse
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

import psycopg

sys.dont_write_bytecode = True
from heavy import PASSWORD, Server

ASKED = "SELECT count(*) FROM cases"


def timed(times, act):
    act()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        taken.append((time.perf_counter() - began) * 1e3)
    return taken


def synced(folder):
    with open(os.path.join(folder, "line"), "ab") as file:
        def write():
            file.write(b"x" * 400)
            file.flush()
            os.fdatasync(file.fileno())
        return timed(100, write)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--times", type=int, default=300)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(args.binary, folder, os.environ["LOCARD_TEST_KAFKA"])
        made = subprocess.run([args.binary, "account", "token", "ann", "--label", "bench", "--days", "1", "--by", "ann", "--data",
                               server.data], input=f"{PASSWORD}\n", text=True, check=True, capture_output=True)
        token = re.search(r"locard_\S+", made.stdout).group()
        web = http.client.HTTPConnection("127.0.0.1", server.http, timeout=30)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

        def over_http(path, body=None):
            web.request("POST" if body else "GET", path, body, headers)
            answer = web.getresponse()
            text = answer.read()
            assert answer.status == 200, text

        def comes_in():
            with psycopg.connect(**address) as db:
                db.execute(ASKED).fetchall()

        address = dict(host="127.0.0.1", port=server.postgres, user="ann", password=PASSWORD, dbname="locard", sslmode="disable",
                       autocommit=True)
        with psycopg.connect(**address) as db:
            ways = {
                "HTTP, whose session it is (`GET /api/me`)": lambda: over_http("/api/me"),
                "HTTP, a question (`POST /api/sql`)": lambda: over_http("/api/sql", json.dumps({"sql": ASKED})),
                "PostgreSQL, a question in a session": lambda: db.execute(ASKED).fetchall(),
            }
            found = {name: timed(args.times, act) for name, act in ways.items()}
        found["PostgreSQL, coming in and a question"] = timed(max(args.times // 10, 5), comes_in)
        found["one line written to this disk (`fdatasync`)"] = synced(folder)
        server.close()
    print("| | times | median, ms | p95, ms |\n| --- | ---: | ---: | ---: |")
    for name, taken in found.items():
        print(f"| {name} | {len(taken)} | {statistics.median(taken):.2f} | {statistics.quantiles(taken, n=20)[-1]:.2f} |")


if __name__ == "__main__":
    main()
