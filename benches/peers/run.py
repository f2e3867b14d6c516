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

# The scripts leave nothing behind in the repository.
sys.dont_write_bytecode = True

import contestants  # noqa: E402
import measure  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = ["duckdb", "polars", "datafusion", "clickhouse"]
MODES = ["by_case", "any", "h3", "flat"]


@dataclass
class Row:
    """A contestant's runs on files of so many suspects' fixes."""

    name: str
    suspects: int
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
    p.add_argument("--largest", type=int, default=100_000_000, help="of mode flat: the most suspects' fixes")
    a = p.parse_args()
    if not a.bench:
        p.error("--bench or LOCARD_BENCH must say where gen.py and peers.py are")
    if "h3" in a.mode and a.radius_m > 100:
        p.error("mode h3 stores cells of resolution 9 and their neighbours, which hold 100 m and no more")
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


def race(entered, suspects, a):
    """Runs everybody once, then everybody again: what disturbs the machine for a while disturbs all alike."""
    rows = [Row(c.name, suspects) for c in entered]
    for _ in range(a.repeat):
        for row, contestant in zip(rows, entered):
            measured = measure.run(contestant.command, a.cores)
            row.runs.append(measured)
            row.pairs.add(contestant.pairs(measured.stdout))
    return rows


def ratio(row, peers, what):
    best = min((peer.median(what) for peer in peers), default=None)
    return f"{row.median(what) / best:.2f}" if best else ""


def show(title, rows):
    """Prints the table."""
    print(f"\n## {title}\n")
    print("| contestant | suspects' fixes | pairs | CPU s | wall s | peak MiB | CPU, ns a suspect's fix "
          "| CPU / best peer | wall / best peer |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    peers = [r for r in rows if r.is_peer]
    for row in rows:
        cpu_s, pairs = row.median("cpu_s"), "/".join(map(str, sorted(row.pairs)))
        print(f"| {row.name} | {row.suspects} | {pairs} | {cpu_s:.2f} | {row.median('wall_s'):.2f} | "
              f"{row.median('peak_mib'):.0f} | {cpu_s / row.suspects * 1e9:.0f} | {ratio(row, peers, 'cpu_s')} | "
              f"{ratio(row, peers, 'wall_s')} |", flush=True)


def agree(rows):
    """Whether everybody found the same number of pairs, every time."""
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
    """Runs a mode on the chosen files and prints its table; true if the numbers of pairs agree."""
    folder = world(a, a.suspects)
    title = f"{mode}: {a.victims} victims' fixes"
    if mode == "h3":
        make("cells", folder, folder + "-h3")
        q = question(a, folder + "-h3")
        entered = everybody(a, q) + [contestants.locard_stored_cells(a.locard, q)]
        entered += [contestants.duckdb_stored_cells(q)] if "duckdb" in a.peer else []
        title += ", with a stored H3 column"
    else:
        entered = everybody(a, question(a, folder, mode == "any"))
    rows = race(entered, a.suspects, a)
    show(title, sorted(rows, key=lambda row: row.median("cpu_s")))
    return agree(rows)


def flat(a):
    """Runs Locard on more and more suspects against the same victims: what one more suspect's fix costs."""
    rows, alike, size = [], True, a.victims
    while size <= a.largest:
        rows += race([contestants.locard(a.locard, question(a, world(a, size)))], size, a)
        alike &= agree(rows[-1:])
        size *= 10
    show(f"flat: {a.victims} victims' fixes", rows)
    return alike


def main():
    a = arguments()
    try:
        alike = [flat(a) if mode == "flat" else compare(a, mode) for mode in a.mode]
    except (measure.Failed, subprocess.CalledProcessError) as why:
        print(why, file=sys.stderr)
        return 1
    return 0 if all(alike) else 1


if __name__ == "__main__":
    sys.exit(main())
