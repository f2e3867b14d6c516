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
  SELECT h3, t0, lead(t0) OVER (ORDER BY t0, fix_id) AS next_at
  FROM fixes WHERE case_id = $case AND device_id = $device
)
SELECT h3_text(h3_parent(h3, $resolution)) AS cell,
       CAST(date_part('hour', to_local_time(t0 AT TIME ZONE 'Europe/London')) AS BIGINT) AS hour,
       sum(least(date_part('epoch', next_at) - date_part('epoch', t0), $longest_s)) AS dwell_s, count(*) AS fixes
FROM steps
WHERE next_at IS NOT NULL
GROUP BY 1, 2
ORDER BY dwell_s DESC, cell, hour
