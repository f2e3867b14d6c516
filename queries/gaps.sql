-- When was a device silent?
--
-- param case text: the case
-- param device text: the device
-- param longer_s float = 3600: only silences longer than this, seconds
--
-- Reading: a row is a time without a record, from the end of one to the beginning of the next, and how far apart they are.
-- Caveat: a silence has many reasons: no reception, an empty battery, a setting, a request that did not cover the time.
WITH steps AS (
  SELECT fix_id, t0, lat_deg, lon_deg,
         max(t1) OVER (ORDER BY t0, fix_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS silent_from,
         lag(lat_deg) OVER (ORDER BY t0, fix_id) AS lat_before, lag(lon_deg) OVER (ORDER BY t0, fix_id) AS lon_before
  FROM fixes WHERE case_id = $case AND device_id = $device
)
SELECT silent_from, t0 AS silent_to, date_part('epoch', t0) - date_part('epoch', silent_from) AS silent_s,
       distance_m(lat_before, lon_before, lat_deg, lon_deg) AS moved_m
FROM steps
WHERE date_part('epoch', t0) - date_part('epoch', silent_from) > $longer_s
ORDER BY silent_from
