-- What a device recorded, in order, and how far and how fast it went from one record to the next.
WITH steps AS (
  SELECT case_id, device_id, fix_id, t0, t1, lat_deg, lon_deg, uncertainty_m, source, h3,
         lag(t1) OVER w AS t_before, lag(lat_deg) OVER w AS lat_before, lag(lon_deg) OVER w AS lon_before
  FROM fixes
  WHERE device_id = CAST($device AS VARCHAR)
  WINDOW w AS (PARTITION BY case_id ORDER BY t0, fix_id)
)
SELECT case_id, device_id, fix_id, t0, t1, lat_deg, lon_deg, uncertainty_m, source, h3,
       date_part('epoch', t0) - date_part('epoch', t_before) AS after_s,
       distance_m(lat_before, lon_before, lat_deg, lon_deg) AS moved_m
FROM steps
