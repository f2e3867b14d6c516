#!/usr/bin/env python3
"""From arrival to flag while questions run into their limits: a server, a paced feed, and four analysts who ask too much.

  tests/kafka/broker.sh run -- target/clients/venv/bin/python benches/peers/heavy.py target/release/locard \\
      [--rate 5000] [--seconds 30] [--cases 50]

The server is `locard serve` with PostgreSQL's port; the feed is `locard simulate --rate`. First nobody asks; then, while
the feed goes on, four connections ask a cross join, a sort of everything, a recursion without an end and a list of a
million values, one after the other and again. Each must end with an error of its limit. What is told is the server's own
histogram of the time from arrival to flag (upper bounds of its buckets), before and during, and which errors there were.
"""
import argparse
import collections
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import psycopg

PASSWORD = "correct horse battery staple"
CONFIG = """
[kafka]
bootstrap_servers = "{brokers}"
group = "heavy-{pid}"
[store]
data = "{data}"
[http]
listen = "127.0.0.1:{http}"
[postgres]
listen = "127.0.0.1:{postgres}"
[query]
wall_time_s = 10
memory_mib = 128
[log]
level = "warn"
"""
MILLION = ",".join(f"'{n:x}'" for n in range(1_000_000))
ASKED = {
    "million values": f"SELECT count(*) FROM fixes WHERE device_id IN ({MILLION})",
    "cross join": "SELECT count(*) FROM fixes a CROSS JOIN fixes b CROSS JOIN fixes c CROSS JOIN fixes d",
    "sort of everything": "SELECT a.*, b.fix_id FROM fixes a CROSS JOIN (SELECT fix_id FROM fixes LIMIT 1000) b "
                          "ORDER BY a.time_text, b.fix_id, a.lat_deg",
    "recursion": "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    def __init__(self, binary, folder, brokers):
        self.binary, self.data = binary, os.path.join(folder, "data")
        self.http, self.postgres = free_port(), free_port()
        config = os.path.join(folder, "locard.toml")
        with open(config, "w") as file:
            file.write(CONFIG.format(brokers=brokers, data=self.data, http=self.http, postgres=self.postgres, pid=os.getpid()))
        self.account("add", "kim", "--role", "administrator", "--first")
        self.account("add", "sam", "--role", "supervisor", "--by", "kim")
        self.account("add", "ann", "--role", "analyst", "--by", "kim")
        self.process = subprocess.Popen([binary, "serve", "--config", config])
        self.until(lambda: self.get("/ready"))

    def account(self, *arguments):
        passwords = f"{PASSWORD}\n" * 3
        subprocess.run([self.binary, "account", *arguments, "--data", self.data], input=passwords, text=True, check=True,
                       stdout=subprocess.DEVNULL)

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}{path}", timeout=10) as answer:
            return answer.read().decode()

    def until(self, holds, seconds=60):
        end = time.monotonic() + seconds
        while True:
            try:
                return holds()
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    sys.exit("the server is not ready")
                time.sleep(0.2)

    def buckets(self):
        """Upper bound, seconds: how many came within it."""
        text = self.get("/metrics")
        found = re.findall(r'^locard_arrival_to_flag_seconds_bucket\{le="([^"]+)"\} (\d+)', text, re.M)
        return {float(bound): int(count) for bound, count in found}

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def quantile(before, after, share):
    """The least bound that a share of what came between does not exceed."""
    came = {bound: after[bound] - before.get(bound, 0) for bound in sorted(after)}
    total = max(came.values())
    return next((bound for bound, count in came.items() if count >= share * total), float("inf")), total


def asks(server, end, ended, lock):
    while time.monotonic() < end:
        for name, sql in ASKED.items():
            if time.monotonic() >= end:
                return
            began = time.monotonic()
            try:
                with psycopg.connect(host="127.0.0.1", port=server.postgres, user="ann", password=PASSWORD, dbname="locard",
                                     sslmode="disable", autocommit=True) as db:
                    rows = sum(1 for _ in db.execute(sql))
                said = f"{rows} rows, no error"
            except psycopg.Error as error:
                said = f"{error.sqlstate}: {str(error).splitlines()[0][:90]}"
            with lock:
                ended[name, said].append(time.monotonic() - began)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--rate", type=int, default=5_000)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--cases", type=int, default=50)
    args = parser.parse_args()
    brokers = os.environ["LOCARD_TEST_KAFKA"]
    with tempfile.TemporaryDirectory() as folder:
        server = Server(args.binary, folder, brokers)
        records = args.rate * (2 * args.seconds + 20)
        told = ["--out", os.path.join(folder, "truth"), "--no-returned", "--kafka", brokers]
        size = ["--cases", str(args.cases), "--records", str(records), "--rate", str(args.rate)]
        feed = subprocess.Popen([args.binary, "simulate", *told, *size], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        server.until(lambda: server.get("/metrics"))
        time.sleep(12)
        for case in range(1, args.cases + 1):
            server.account("grant", "ann", "--case", f"case-{case:05}", "--reason", "measured", "--days", "2", "--by", "sam")
        marks = [server.buckets()]
        time.sleep(args.seconds)
        marks.append(server.buckets())
        ended, lock = collections.defaultdict(list), threading.Lock()
        end = time.monotonic() + args.seconds
        threads = [threading.Thread(target=asks, args=(server, end, ended, lock)) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(args.seconds)
        marks.append(server.buckets())
        for thread in threads:
            thread.join()
        feed.kill()
        server.close()
    print(f"\n{args.rate:,} records a second of {args.cases} cases, {args.seconds} s each\n")
    print("| | flags' steps | p50 within ms | p90 | p99 |\n| --- | ---: | ---: | ---: | ---: |")
    for name, before, after in (("nobody asks", marks[0], marks[1]), ("four ask too much", marks[1], marks[2])):
        shares = [quantile(before, after, share) for share in (0.5, 0.9, 0.99)]
        print(f"| {name} | {shares[0][1]:,} | " + " | ".join(f"{bound * 1e3:g}" for bound, _ in shares) + " |")
    print("\n| asked | ended | times | longest s |\n| --- | --- | ---: | ---: |")
    for (name, said), seconds in sorted(ended.items()):
        print(f"| {name} | {said} | {len(seconds)} | {max(seconds):.1f} |")
    if any("no error" in said for _, said in ended):
        sys.exit("a question came to an end that should not have")


if __name__ == "__main__":
    main()
