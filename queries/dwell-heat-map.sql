-- Where does a device spend its time, by cell and hour of day?
--
-- param case text: the case
-- param device text: the device
-- param resolution int = 9: of the H3 cells, 0 to 9
-- param longest_s float = 900: a record stands for the time to the next, at most so long, seconds
--
-- Reading: `dwell_s` is the time in a cell in an hour of the day of Europe/London, over all days.
-- Caveat: a record stands for the time after it only as far as the next one. Cells are wider than some uncertainties are.
WITH steps AS (
  SELECT lag(h3) OVER (ORDER BY t0, fix_id) AS from_cell, lag(t0) OVER (ORDER BY t0, fix_id) AS from_at, t0 AS next_at
  FROM fixes WHERE case_id = $case AND device_id = $device
), dwelt AS (
  SELECT h3_parent(from_cell, $resolution) AS cell,
         CAST(date_part('hour', to_local_time(from_at AT TIME ZONE 'Europe/London')) AS BIGINT) AS hour,
         sum(least(date_part('epoch', next_at) - date_part('epoch', from_at), $longest_s)) AS dwell_s, count(*) AS fixes
  FROM steps
  WHERE from_at IS NOT NULL
  GROUP BY 1, 2
)
SELECT h3_text(cell) AS cell, hour, dwell_s, fixes
FROM dwelt
ORDER BY dwell_s DESC, 1, hour
