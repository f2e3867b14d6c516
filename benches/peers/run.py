#!/usr/bin/env python3
"""Measures Locard and its peers on the same files in one run, and checks that they give the same number of pairs.

  run.py --locard target/release/locard --bench DIR [--data DIR] [--mode by_case any h3 flat] [--repeat 5]

DIR of --bench (or of the environment variable LOCARD_BENCH) holds the generator, gen.py, and the peers, peers.py. The
files are made in --data when they are not there. Prints, for each contestant, the median of CPU seconds, wall seconds
and peak memory, and its CPU and wall time over those of the best peer. Ends with 1 if the numbers of pairs differ.
See docs/performance.md.
"""
import argparse
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass, field

import contestants
import measure

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = ["duckdb", "polars", "datafusion", "clickhouse"]
MODES = ["by_case", "any", "h3", "flat"]


@dataclass
class Row:
    """A contestant's runs."""

    name: str
    runs: list = field(default_factory=list)
    pairs: set = field(default_factory=set)

    def median(self, what):
        return statistics.median(getattr(r, what) for r in self.runs)

    @property
    def is_peer(self):
        return not self.name.startswith("locard")


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--locard", required=True, help="the release binary")
    p.add_argument("--bench", default=os.environ.get("LOCARD_BENCH"), help="where gen.py and peers.py are")
    p.add_argument("--data", default="target/peers", help="where the files are, or are to be made")
    p.add_argument("--suspects", type=int, default=10_000_000)
    p.add_argument("--victims", type=int, default=1_000_000)
    p.add_argument("--mode", nargs="+", choices=MODES, default=["by_case", "any"])
    p.add_argument("--peer", nargs="*", choices=PEERS, default=PEERS)
    p.add_argument("--repeat", type=int, default=5)
    p.add_argument("--radius-m", type=float, default=100.0)
    p.add_argument("--window-s", type=int, default=120)
    p.add_argument("--cores", type=int, default=2)
    p.add_argument("--largest", type=int, default=100_000_000, help="of mode flat: the most suspects, ten times a power")
    a = p.parse_args()
    if not a.bench:
        p.error("--bench or LOCARD_BENCH must say where gen.py and peers.py are")
    a.peers = f"{a.bench}/peers.py"
    return a


def make(kind, *rest):
    subprocess.run([sys.executable, f"{HERE}/files.py", kind, *map(str, rest)], check=True)


def world(a, suspects):
    """The folder of a world of so many suspects' fixes."""
    folder = f"{a.data}/{suspects}x{a.victims}"
    if suspects > 10 * a.victims:
        # The generator holds a world in memory: larger ones are made of smaller ones.
        make("tenfold", world(a, suspects // 10), folder)
    else:
        make("world", f"{a.bench}/gen.py", folder, suspects, a.victims)
    return folder


def question(a, folder, any_case=False):
    return contestants.Question(folder, any_case, a.radius_m, a.window_s, a.cores)


def race(field_, repeat, cores):
    """Runs everybody once, then everybody again: what disturbs the machine for a while disturbs all alike."""
    rows = [Row(c.name) for c in field_]
    for _ in range(repeat):
        for row, contestant in zip(rows, field_):
            measured = measure.run(contestant.command, cores)
            row.runs.append(measured)
            row.pairs.add(contestant.pairs(measured.stdout))
    return rows


def show(title, rows, suspects):
    """Prints the table; true if everybody found the same number of pairs."""
    print(f"\n## {title}\n")
    print("| contestant | pairs | CPU s | wall s | peak MiB | CPU, ns a suspect fix | CPU / best peer | wall / best peer |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    peers = [r for r in rows if r.is_peer]
    for row in sorted(rows, key=lambda r: r.median("cpu_s")):
        ratios = [f"{row.median(w) / min(p.median(w) for p in peers):.2f}" if peers else "" for w in ("cpu_s", "wall_s")]
        cpu_s, pairs = row.median("cpu_s"), "/".join(map(str, sorted(row.pairs)))
        print(f"| {row.name} | {pairs} | {cpu_s:.2f} | {row.median('wall_s'):.2f} | {row.median('peak_mib'):.0f} | "
              f"{cpu_s / suspects * 1e9:.0f} | {ratios[0]} | {ratios[1]} |", flush=True)
    found = set().union(*(r.pairs for r in rows))
    if len(found) != 1:
        print(f"\nDIFFERENT NUMBERS OF PAIRS: {sorted(found)}")
    return len(found) == 1


def everybody(a, q):
    peers = [contestants.peer(a.peers, name, q, grid) for name in a.peer for grid in (True, False)
             # Without a case, time buckets alone leave too many pairs to be worth a run.
             if grid or not q.any_case]
    return [contestants.locard(a.locard, q), *peers]


def compare(a, mode):
    """The runs of one mode, as (title, contestants, suspects)."""
    if mode == "flat":
        size = a.victims
        while size <= a.largest:
            q = question(a, world(a, size))
            yield f"{mode}: {size} suspects' fixes, {a.victims} victims'", [contestants.locard(a.locard, q)], size
            size *= 10
        return
    folder = world(a, a.suspects)
    title = f"{mode}: {a.suspects} suspects' fixes, {a.victims} victims'"
    if mode == "h3":
        make("cells", folder, folder + "-h3")
        q = question(a, folder + "-h3")
        stored = [contestants.locard_stored_cells(a.locard, q)]
        stored += [contestants.duckdb_stored_cells(q)] if "duckdb" in a.peer else []
        yield title + ", with a stored H3 column", everybody(a, q) + stored, a.suspects
    else:
        yield title, everybody(a, question(a, folder, mode == "any")), a.suspects


def main():
    a = arguments()
    alike = True
    for mode in a.mode:
        for title, field_, suspects in compare(a, mode):
            alike &= show(title, race(field_, a.repeat, a.cores), suspects)
    return 0 if alike else 1


if __name__ == "__main__":
    sys.exit(main())
