-- Where is a device as a rule, by hour of day?
--
-- param case text: the case
-- param device text: the device
-- param least_days int = 2: only places of at least so many days
--
-- Reading: for each hour of the day of Europe/London the cell in which the device was recorded on most days.
-- `of_days` is on how many days it was recorded in that hour at all.
-- Caveat: a routine of records is not yet a routine of a person; a device that is left behind has one too.
WITH hours AS (
  SELECT h3, date_trunc('day', to_local_time(t0 AT TIME ZONE 'Europe/London')) AS day,
         CAST(date_part('hour', to_local_time(t0 AT TIME ZONE 'Europe/London')) AS BIGINT) AS hour
  FROM fixes WHERE case_id = $case AND device_id = $device
), recorded AS (
  SELECT hour, count(DISTINCT day) AS of_days FROM hours GROUP BY hour
), cells AS (
  SELECT hour, h3, count(DISTINCT day) AS days, count(*) AS fixes FROM hours GROUP BY hour, h3
), ranked AS (
  SELECT *, row_number() OVER (PARTITION BY hour ORDER BY days DESC, fixes DESC, h3) AS nth FROM cells
)
SELECT r.hour, h3_text(r.h3) AS cell, r.days, d.of_days, r.fixes
FROM ranked r JOIN recorded d ON d.hour = r.hour
WHERE r.nth = 1 AND r.days >= $least_days
ORDER BY r.hour
