-- In which nights was a device in an exclusion zone?
--
-- param case text: the case
-- param place text: the place in the middle of the zone, by its name
-- param radius_m float = 1000: how far the zone reaches, metres
-- param from_hour int = 22: the night begins, hour of Europe/London
-- param to_hour int = 6: the night ends, hour of Europe/London
--
-- Reading: a night has the date of its evening. `surely` counts the records that are inside with their whole uncertainty.
-- Caveat: a record at the edge may be outside. The zone of an order is what the order says, not a circle.
WITH nights AS (
  SELECT f.device_id, f.t0, f.t1, coalesce(f.uncertainty_m, 0) AS u_m,
         distance_m(f.lat_deg, f.lon_deg, t.lat_deg, t.lon_deg) AS apart_m,
         to_local_time(f.t0 AT TIME ZONE 'Europe/London') AS local
  FROM fixes f JOIN targets t ON t.case_id = f.case_id
  WHERE f.case_id = $case AND t.kind = 'place' AND t.name = $place
    AND distance_m(f.lat_deg, f.lon_deg, t.lat_deg, t.lon_deg) <= $radius_m
)
SELECT device_id,
       CAST(CASE WHEN date_part('hour', local) < $from_hour THEN local - INTERVAL '1 day' ELSE local END AS DATE) AS night,
       min(t0) AS first_at, max(t1) AS last_at, min(apart_m) AS nearest_m, count(*) AS fixes,
       sum(CASE WHEN apart_m + u_m <= $radius_m THEN 1 ELSE 0 END) AS surely
FROM nights
WHERE (date_part('hour', local) + 24 - $from_hour) % 24 < ($to_hour + 24 - $from_hour) % 24
GROUP BY 1, 2
ORDER BY 2, 1
