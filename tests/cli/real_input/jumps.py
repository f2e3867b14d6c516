"""Every step of the two GeoLife people that no vehicle on the ground takes, with what lies before and after it.

    python3 tests/cli/real_input/jumps.py geolife_two_users.csv.gz

No code of Locard's; lengths on the sphere, good to half a per cent. A step is a jump if it is faster than 70 m/s between two records that follow each other. It goes back if the
three records after it end less than half its length from where the four records before it began.
"""

import csv
import gzip
import sys
from datetime import datetime, timezone
from math import asin, cos, radians, sin, sqrt

MAX_SPEED_M_S = 70.0
EARTH_RADIUS_M = 6371008.8


def metres(a, b):
    lat_a, lat_b = radians(a[1]), radians(b[1])
    h = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin(radians(b[2] - a[2]) / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(sqrt(h))


def tracks(path):
    found = {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            at = datetime.fromisoformat(row["datetime"]).replace(tzinfo=timezone.utc).timestamp()
            found.setdefault(row["uid"], []).append((at, float(row["lat"]), float(row["lng"])))
    return {user: sorted(track) for user, track in found.items()}


def main():
    for user, track in sorted(tracks(sys.argv[1]).items()):
        jumps = []
        for place in range(1, len(track)):
            before, after = track[place - 1], track[place]
            away_m, took_s = metres(before, after), after[0] - before[0]
            if away_m > MAX_SPEED_M_S * took_s and away_m > MAX_SPEED_M_S:
                around = track[max(0, place - 4) : place + 4]
                net_m, silence_s = metres(around[0], around[-1]), around[-1][0] - around[0][0]
                jumps.append((away_m, took_s, net_m, silence_s))
                at = datetime.fromtimestamp(after[0], timezone.utc).isoformat()
                print(f"{user} {at}: {away_m:.0f} m in {took_s:.0f} s; {net_m:.0f} m over the {silence_s:.0f} s about it")
        back = sum(net_m < away_m / 2 for away_m, _, net_m, _ in jumps)
        longest_m, longest_s = max(jumps)[0], max(took_s for _, took_s, _, _ in jumps)
        print(f"{user}: {len(jumps)} of {len(track) - 1} steps; {back} go back")
        print(f"{user}: the longest {longest_m:.0f} m, none over {longest_s:.0f} s")


main()
