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
WITH hours AS (
  -- London is whole hours from UTC: the records of one hour are of one hour there, and of one night.
  SELECT f.device_id, min(f.t0) AS first_at, max(f.t1) AS last_at,
         min(distance_m(f.lat_deg, f.lon_deg, t.lat_deg, t.lon_deg)) AS nearest_m, count(*) AS fixes,
         sum(CASE WHEN distance_m(f.lat_deg, f.lon_deg, t.lat_deg, t.lon_deg) + coalesce(f.uncertainty_m, 0) <= $radius_m
                  THEN 1 ELSE 0 END) AS surely
  FROM fixes f JOIN targets t ON t.case_id = f.case_id
  WHERE f.case_id = $case AND t.kind = 'place' AND t.name = $place
    AND distance_m(f.lat_deg, f.lon_deg, t.lat_deg, t.lon_deg) <= $radius_m
  GROUP BY f.device_id, date_bin(INTERVAL '1 hour', f.t0)
), local_hours AS (
  SELECT device_id, first_at, last_at, nearest_m, fixes, surely,
         to_local_time(first_at AT TIME ZONE 'Europe/London') AS local
  FROM hours
)
SELECT device_id,
       CAST(CASE WHEN date_part('hour', local) < $from_hour THEN local - INTERVAL '1 day' ELSE local END AS DATE) AS night,
       min(first_at) AS first_at, max(last_at) AS last_at, min(nearest_m) AS nearest_m, sum(fixes) AS fixes,
       sum(surely) AS surely
FROM local_hours
WHERE (date_part('hour', local) + 24 - $from_hour) % 24 < ($to_hour + 24 - $from_hour) % 24
GROUP BY 1, 2
ORDER BY 2, 1
