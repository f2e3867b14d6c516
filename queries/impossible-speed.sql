-- Where would a device have moved faster than is possible?
--
-- param case text: the case
-- param fastest_kmh float = 250: faster than this is not possible, km/h
--
-- Reading: two records in a row, and the least speed between them once both uncertainties are taken off the distance.
-- `least_kmh` is null where they are of one moment.
-- Caveat: it tells of a wrong clock, a wrong position, two devices under one name, or an aeroplane; not of which.
WITH steps AS (
  SELECT device_id, fix_id, t0, lat_deg, lon_deg, coalesce(uncertainty_m, 0) AS u_m,
         lag(fix_id) OVER w AS fix_before, lag(t1) OVER w AS t_before, lag(lat_deg) OVER w AS lat_before,
         lag(lon_deg) OVER w AS lon_before, coalesce(lag(uncertainty_m) OVER w, 0) AS u_before_m
  FROM fixes WHERE case_id = $case
  WINDOW w AS (PARTITION BY device_id ORDER BY t0, fix_id)
), far AS (
  -- On the sphere first: no distance is longer than that by 6 in a thousand.
  SELECT *, date_part('epoch', t0) - date_part('epoch', t_before) AS after_s
  FROM steps
  WHERE fix_before IS NOT NULL AND haversine_m(lat_before, lon_before, lat_deg, lon_deg) * 1.006
        > u_m + u_before_m + greatest(date_part('epoch', t0) - date_part('epoch', t_before), 0) * $fastest_kmh / 3.6
), moved AS (
  SELECT *, distance_m(lat_before, lon_before, lat_deg, lon_deg) - u_m - u_before_m AS least_m FROM far
)
SELECT device_id, t_before AS from_at, t0 AS to_at, fix_before, fix_id, least_m, after_s,
       CASE WHEN after_s > 0 THEN least_m / after_s * 3.6 END AS least_kmh
FROM moved
WHERE least_m > 0 AND (after_s <= 0 OR least_m / after_s * 3.6 > $fastest_kmh)
ORDER BY device_id, t_before
