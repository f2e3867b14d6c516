#!/usr/bin/env python3
"""Measures Flink's SQL interval join on the records of `cargo bench --bench stream`, read from a file.

  cargo bench --bench stream -- --write target/flink --records 2000000
  python -m venv target/flink-env && target/flink-env/bin/pip install apache-flink==2.3.0
  target/flink-env/bin/python benches/peers/flink.py target/flink/fixes.jsonl [--slots 2]

Needs Java 17. One streaming job in this process's own mini-cluster: JSON lines in, suspects' fixes within 100 m and 120 s
of a victim's fix of the same case out, as JSON lines. Prints records a second, with the start of Python and Java and
without, CPU seconds of all of it, and the number of pairs.

It is less than what Locard does with the same records: no reject, no case events, no uncertainty, no encounters, no
records stored, no exactly-once output, no broker. See docs/stream-performance.md.
"""
import argparse
import os
import resource
import sys
import tempfile
import time

STARTED = time.monotonic()
sys.dont_write_bytecode = True

TABLES = """
CREATE TABLE fixes (
  case_id STRING, device_id STRING, t0 TIMESTAMP_LTZ(3), lat_deg DOUBLE, lon_deg DOUBLE,
  uncertainty_m DOUBLE, source STRING, confidence DOUBLE, basis STRING,
  WATERMARK FOR t0 AS t0 - INTERVAL '1' SECOND
) WITH (
  'connector' = 'filesystem', 'path' = 'file://{path}', 'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601'
);
CREATE TABLE pairs (
  case_id STRING, device_id STRING, t0 TIMESTAMP_LTZ(3), victim_t0 TIMESTAMP_LTZ(3), distance_m DOUBLE
) WITH ('connector' = 'filesystem', 'path' = 'file://{out}', 'format' = 'json')
"""

# On a sphere of 6,371,008.8 m, as the other peers.
JOIN = """
INSERT INTO pairs SELECT * FROM (
  SELECT s.case_id, s.device_id, CAST(s.t0 AS TIMESTAMP_LTZ(3)) AS t0, CAST(v.t0 AS TIMESTAMP_LTZ(3)) AS victim_t0,
    2 * 6371008.8 * ASIN(SQRT(
      POWER(SIN(RADIANS(v.lat_deg - s.lat_deg) / 2), 2)
      + COS(RADIANS(s.lat_deg)) * COS(RADIANS(v.lat_deg)) * POWER(SIN(RADIANS(v.lon_deg - s.lon_deg) / 2), 2)
    )) AS distance_m
  FROM (SELECT * FROM fixes WHERE device_id LIKE 'suspect%') s
  JOIN (SELECT * FROM fixes WHERE device_id LIKE 'victim%') v
    ON s.case_id = v.case_id
   AND s.t0 BETWEEN v.t0 - INTERVAL '2' MINUTE AND v.t0 + INTERVAL '2' MINUTE
) WHERE distance_m <= 100
"""


def lines(folder):
    count = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(root, name), "rb") as file:
                count += sum(1 for _ in file)
    return count


def cpu_s():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def java_cpu_s():
    """CPU seconds of the Java process that Python has started and that still runs, from /proc."""
    total = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("fixes", help="fixes.jsonl")
    p.add_argument("--slots", type=int, default=2)
    a = p.parse_args()
    from pyflink.table import EnvironmentSettings, TableEnvironment

    path = os.path.abspath(a.fixes)
    with open(path, "rb") as file:
        records = sum(1 for _ in file)
    environment = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    environment.get_config().set("parallelism.default", str(a.slots))
    with tempfile.TemporaryDirectory() as out:
        for statement in TABLES.format(path=path, out=out).split(";"):
            environment.execute_sql(statement)
        begun = time.monotonic()
        environment.execute_sql(JOIN).wait()
        ended = time.monotonic()
        pairs = lines(out)
    whole, job = ended - STARTED, ended - begun
    print("| contestant | records | pairs | records/s, start included | records/s | wall s | CPU s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    print(f"| Flink SQL interval join, {a.slots} slots | {records} | {pairs} | {records / whole:.0f} "
          f"| {records / job:.0f} | {whole:.1f} | {cpu_s() + java_cpu_s():.1f} |")


if __name__ == "__main__":
    main()
