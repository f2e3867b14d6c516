-- Where is a device as a rule, by hour of day?
--
-- param case text: the case
-- param device text: the device
-- param least_days int = 2: only places of at least so many days
--
-- Reading: for each hour of the day of Europe/London the cell in which the device was recorded on most days.
-- `of_days` is on how many days it was recorded in that hour at all.
-- Caveat: a routine of records is not yet a routine of a person; a device that is left behind has one too.
WITH times AS (
  SELECT h3, to_local_time(t0 AT TIME ZONE 'Europe/London') AS local
  FROM fixes WHERE case_id = $case AND device_id = $device
), by_day AS (
  SELECT CAST(date_part('hour', local) AS BIGINT) AS hour, h3, date_trunc('day', local) AS day, count(*) AS fixes
  FROM times GROUP BY 1, 2, 3
), marked AS (
  -- Of each day's hour one cell counts the day for the hour.
  SELECT *, CASE WHEN row_number() OVER (PARTITION BY hour, day ORDER BY h3) = 1 THEN 1 ELSE 0 END AS counts FROM by_day
), cells AS (
  SELECT hour, h3, count(*) AS days, sum(fixes) AS fixes, sum(counts) AS counts FROM marked GROUP BY hour, h3
), ranked AS (
  SELECT *, row_number() OVER (PARTITION BY hour ORDER BY days DESC, fixes DESC, h3) AS nth,
         sum(counts) OVER (PARTITION BY hour) AS of_days
  FROM cells
)
SELECT hour, h3_text(h3) AS cell, days, of_days, fixes
FROM ranked
WHERE nth = 1 AND days >= $least_days
ORDER BY hour
