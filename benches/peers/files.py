#!/usr/bin/env python3
"""Makes the files of a comparison where they are absent.

  files.py world GENERATOR DIR SUSPECTS VICTIMS   suspects.parquet, victims.parquet, by the generator
  files.py cells FROM DIR                         copies with an H3 column on both sides (`h3`, resolution 9), and on
                                                  the victims' the cell and its six neighbours (`h3_disk`)
  files.py tenfold FROM DIR                       ten times the suspects, the same victims

Needs pyarrow and numpy, for `cells` also h3. A process of its own, so that what it holds does not count as the
runner's. A file gets its name when it is whole: a broken run leaves none that looks finished.
"""
import os
import shutil
import subprocess
import sys

RESOLUTION = 9
COPIES = 10


def is_made(folder):
    return all(os.path.exists(f"{folder}/{side}.parquet") for side in ("suspects", "victims"))


def world(generator, folder, suspects, victims):
    unfinished = folder + ".unfinished"
    subprocess.run([sys.executable, generator, unfinished, "--suspects", suspects, "--victims", victims], check=True)
    os.rename(unfinished, folder)


def copy_by_row_groups(source, target, change, copies=1):
    """Writes `change(row group, copy)` for every row group and copy: row groups keep their size and order."""
    import pyarrow.parquet as pq

    source = pq.ParquetFile(source)
    writer = None
    for group in range(source.num_row_groups):
        for copy in range(copies):
            table = change(source.read_row_group(group), copy)
            writer = writer or pq.ParquetWriter(target + ".unfinished", table.schema, compression="zstd")
            writer.write_table(table, row_group_size=1 << 18)
    writer.close()
    os.rename(target + ".unfinished", target)


def cells(source, folder):
    import h3.api.basic_int as h3
    import pyarrow as pa

    def column(table):
        at = zip(table["lat"].to_pylist(), table["lon"].to_pylist())
        return [h3.latlng_to_cell(lat, lon, RESOLUTION) for lat, lon in at]

    def suspects(table, _):
        return table.append_column("h3", pa.array(column(table), pa.int64()))

    def victims(table, _):
        own = column(table)
        disks = {cell: h3.grid_disk(cell, 1) for cell in set(own)}
        table = table.append_column("h3", pa.array(own, pa.int64()))
        return table.append_column("h3_disk", pa.array([disks[cell] for cell in own], pa.list_(pa.int64())))

    copy_by_row_groups(f"{source}/suspects.parquet", f"{folder}/suspects.parquet", suspects)
    copy_by_row_groups(f"{source}/victims.parquet", f"{folder}/victims.parquet", victims)


def tenfold(source, folder):
    """Each row group ten times in a row, under ten sets of device names: S0001234 becomes S0001234 to S9001234.

    All copies move on the same day, so the file stays in time order as far as a log is, and gives ten times the pairs.
    """
    import pyarrow.compute as pc

    def renamed(table, copy):
        names = pc.binary_replace_slice(table["device_id"], 1, 2, str(copy))
        return table.set_column(table.schema.get_field_index("device_id"), "device_id", names)

    copy_by_row_groups(f"{source}/suspects.parquet", f"{folder}/suspects.parquet", renamed, COPIES)
    shutil.copyfile(f"{source}/victims.parquet", f"{folder}/victims.parquet")


def main():
    kind, *rest = sys.argv[1:]
    makers = {"world": world, "cells": cells, "tenfold": tenfold}
    folder = rest[0] if len(rest) == 1 else rest[1]
    if not is_made(folder):
        os.makedirs(folder if kind != "world" else os.path.dirname(folder) or ".", exist_ok=True)
        makers[kind](*rest)


if __name__ == "__main__":
    main()
