-- Which devices travel together, so that one person may have both?
--
-- param case text: the case
-- param radius_m float = 100: so near is together, metres
-- param window interval = 2 minutes: records so far apart in time are of one time
-- param places int = 3: in at least so many different places
--
-- Reading: `places` counts H3 cells at resolution 9 in which both were together, `hours` the hours. `of_hours` is in how
-- many hours both were recorded at all: together in most of them is what speaks for one person.
-- Caveat: people travel together too, and all devices in one vehicle do.
WITH together AS (
  SELECT f.device_id, g.device_id AS other_id, f.h3, date_trunc('hour', f.t0) AS hour
  FROM fixes f JOIN fixes g
    ON f.case_id = g.case_id AND f.device_id < g.device_id
   AND distance_m(f.lat_deg, f.lon_deg, g.lat_deg, g.lon_deg) <= $radius_m
   AND f.t0 <= g.t1 + $window AND f.t1 >= g.t0 - $window
  WHERE f.case_id = $case AND g.case_id = $case
), recorded AS (
  SELECT DISTINCT device_id, date_trunc('hour', t0) AS hour FROM fixes WHERE case_id = $case
), both_recorded AS (
  SELECT a.device_id, b.device_id AS other_id, count(*) AS of_hours
  FROM recorded a JOIN recorded b ON a.hour = b.hour AND a.device_id < b.device_id
  GROUP BY a.device_id, b.device_id
)
SELECT t.device_id, t.other_id, count(DISTINCT t.h3) AS places, count(DISTINCT t.hour) AS hours, max(r.of_hours) AS of_hours
FROM together t JOIN both_recorded r ON r.device_id = t.device_id AND r.other_id = t.other_id
GROUP BY t.device_id, t.other_id
HAVING count(DISTINCT t.h3) >= $places
ORDER BY places DESC, hours DESC, t.device_id, t.other_id
