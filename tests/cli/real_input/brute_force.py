#!/usr/bin/env python3
"""Counts proximities by comparing every suspect fix with every victim fix, without anything of Locard's.

  brute_force.py FILE geolife|telcell SUSPECT[,SUSPECT...] VICTIM[,VICTIM...] [RADIUS_M] [WINDOW_S] [GAP_S]

Prints fixes read, pairs by grade, suspect fixes in contact, the least distance, encounters (each suspect device and
victim device apart). A numpy screen on the sphere, 1 % and 10 m wider than the limit, comes before the geodesic of the
geographiclib package. Needs numpy and geographiclib from PyPI.
"""
import csv, datetime as dt, gzip, sys
import numpy as np
from geographiclib.geodesic import Geodesic

COLUMNS = {"geolife": ("uid", "datetime", "lat", "lng", 0.0),
           "telcell": ("device", "timestamp", "cellinfo.wgs84.lat", "cellinfo.wgs84.lon", 5000.0)}


def read(path, layout):
    device, time, lat, lon, uncertainty = COLUMNS[layout]
    with (gzip.open if path.endswith(".gz") else open)(path, "rt") as f:
        for r in csv.DictReader(f):
            t = dt.datetime.fromisoformat(r[time])
            t = t if t.tzinfo else t.replace(tzinfo=dt.timezone.utc)
            us = (t - dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)) // dt.timedelta(microseconds=1)
            yield r[device], us, float(r[lat]), float(r[lon]), uncertainty


def main(path, layout, suspects, victims, radius=100.0, window=120, gap=600):
    radius, window_us, gap_us = float(radius), int(window) * 10**6, int(gap) * 10**6
    rows = list(read(path, layout))
    of = lambda names: [r for r in rows if r[0] in names.split(",")]
    s, v = of(suspects), sorted(of(victims), key=lambda r: r[1])
    vt, vlat, vlon = (np.array([r[i] for r in v]) for i in (1, 2, 3))
    grades, least, contacts = {"definite": 0, "probable": 0, "possible": 0}, float("inf"), {}
    for name, t, lat, lon, us in s:
        i, j = np.searchsorted(vt, t - window_us, "left"), np.searchsorted(vt, t + window_us, "right")
        p1, p2, dl = np.radians(lat), np.radians(vlat[i:j]), np.radians(vlon[i:j] - lon)
        h = np.sin((p2 - p1) / 2) ** 2 + np.cos(p1) * np.cos(p2) * np.sin(dl / 2) ** 2
        limit = radius + us + (v[0][4] if v else 0.0)
        for k in np.nonzero(2 * 6371008.8 * np.arcsin(np.sqrt(h)) <= limit * 1.01 + 10)[0] + i:
            d, u = Geodesic.WGS84.Inverse(lat, lon, v[k][2], v[k][3])["s12"], us + v[k][4]
            grade = "definite" if d + u <= radius else "probable" if d <= radius else "possible" if d - u <= radius else None
            if grade:
                grades[grade] += 1
                least = min(least, d)
                contacts.setdefault((name, v[k][0]), set()).add(t)
    runs = 0
    for times in contacts.values():
        times = sorted(times)
        runs += 1 + sum(b - a > gap_us for a, b in zip(times, times[1:]))
    print(f"suspect fixes {len(s)}, victim fixes {len(v)}, pairs {sum(grades.values())} {grades}, "
          f"suspect fixes in contact {len({(n, t) for (n, _), ts in contacts.items() for t in ts})}, "
          f"least distance {least:.3f} m, encounters {runs}")


main(*sys.argv[1:])
