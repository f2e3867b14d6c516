-- When did each device first appear near an address?
--
-- param case text: the case
-- param place text: the place, by its name
-- param radius_m float = 200: so near, metres
--
-- Reading: the first and the last record within the radius of the place, and on how many days there were any.
-- Caveat: the first record is not the first visit: there may be none of it.
SELECT f.device_id, min(f.t0) AS first_at, max(f.t1) AS last_at,
       count(DISTINCT date_trunc('day', to_local_time(f.t0 AT TIME ZONE 'Europe/London'))) AS days, count(*) AS fixes
FROM fixes f JOIN targets t ON t.case_id = f.case_id
WHERE f.case_id = $case AND t.kind = 'place' AND t.name = $place
  AND distance_m(f.lat_deg, f.lon_deg, t.lat_deg, t.lon_deg) <= $radius_m
GROUP BY f.device_id
ORDER BY first_at, f.device_id
