-- Which devices were present at several of a case's incidents, and how many would be by chance?
--
-- param case text: the case
-- param least int = 2: at so many scenes or more
-- param radius_m float = 500: so near, metres
-- param window interval = 15 minutes: records so long before and after an incident count
--
-- Reading: `scenes` of `of_scenes`. `by_chance` is how many of all `devices` of the case would be at as many if each went
-- to each scene independently, as often as devices are recorded at that place at that hour of Europe/London on other days
-- (working days for one on a working day, weekends for one on these; days of incidents are left out): well below one makes
-- a device worth looking at, not guilty.
-- Caveat: people live and work somewhere: presence at scenes near one another is not independent. It counts the records
-- that were asked for, and no others: where these are the suspect's only, the days tell how often he is there, not people.
-- Without other days each device is taken to be at a scene with one half.
WITH scenes AS (
  SELECT target_id, lat_deg, lon_deg, t0, t1, t0_us, t1_us, wall_us - t0_us AS offset_us,
         wall_us / 86400000000 AS day, wall_end_us / 86400000000 AS last_day,
         (wall_us / 86400000000 + 4) % 7 IN (0, 6) AS weekend
  FROM (
    SELECT target_id, lat_deg, lon_deg, t0, t1, CAST(t0 AS BIGINT) AS t0_us, CAST(t1 AS BIGINT) AS t1_us,
           CAST(arrow_cast(to_local_time(t0 AT TIME ZONE 'Europe/London'), 'Timestamp(Microsecond, None)') AS BIGINT) AS wall_us,
           CAST(arrow_cast(to_local_time(t1 AT TIME ZONE 'Europe/London'), 'Timestamp(Microsecond, None)') AS BIGINT) AS wall_end_us
    FROM targets WHERE case_id = $case AND kind = 'incident'
  )
), span AS (
  SELECT count(DISTINCT device_id) AS devices, CAST(min(t0) AS BIGINT) AS first_us, CAST(max(t1) AS BIGINT) AS last_us,
         CAST(arrow_cast(to_local_time(min(t0) AT TIME ZONE 'Europe/London'), 'Timestamp(Microsecond, None)') AS BIGINT) / 86400000000 AS first_day,
         CAST(arrow_cast(to_local_time(max(t1) AT TIME ZONE 'Europe/London'), 'Timestamp(Microsecond, None)') AS BIGINT) / 86400000000 AS last_day
  FROM fixes WHERE case_id = $case
), days AS (
  SELECT d.day, (d.day + 4) % 7 IN (0, 6) AS weekend
  FROM (SELECT unnest(generate_series(first_day, last_day)) AS day FROM span) d
  WHERE NOT EXISTS (SELECT 1 FROM scenes s WHERE d.day >= s.day AND d.day <= s.last_day)
), moved AS (
  SELECT s.target_id, s.lat_deg, s.lon_deg, s.t1_us - s.t0_us AS long_us, s.offset_us,
         s.t0_us + (d.day - s.day) * 86400000000 AS moved_us
  FROM scenes s JOIN days d ON d.weekend = s.weekend
), walled AS (
  SELECT *, CAST(arrow_cast(to_local_time(arrow_cast(moved_us, 'Timestamp(Microsecond, Some("UTC"))') AT TIME ZONE
                                          'Europe/London'), 'Timestamp(Microsecond, None)') AS BIGINT) AS wall_us
  FROM moved
), windows AS (
  SELECT w.target_id, w.lat_deg, w.lon_deg,
         arrow_cast(2 * w.moved_us - w.wall_us + w.offset_us, 'Timestamp(Microsecond, Some("UTC"))') AS t0,
         arrow_cast(2 * w.moved_us - w.wall_us + w.offset_us + w.long_us, 'Timestamp(Microsecond, Some("UTC"))') AS t1
  FROM walled w CROSS JOIN span
  WHERE 2 * w.moved_us - w.wall_us + w.offset_us >= span.first_us
    AND 2 * w.moved_us - w.wall_us + w.offset_us + w.long_us <= span.last_us
), recorded AS (
  SELECT target_id, count(*) AS presences
  FROM (
    SELECT DISTINCT f.device_id, w.target_id, w.t0
    FROM fixes f JOIN windows w
      ON distance_m(f.lat_deg, f.lon_deg, w.lat_deg, w.lon_deg) <= $radius_m
     AND f.t0 <= w.t1 + $window AND f.t1 >= w.t0 - $window
    WHERE f.case_id = $case
  )
  GROUP BY target_id
), possible AS (
  SELECT target_id, count(*) AS windows FROM windows GROUP BY target_id
), chances AS (
  SELECT array_agg(chance ORDER BY chance) AS chances
  FROM (
    SELECT (coalesce(r.presences, 0) + 0.5) / (coalesce(p.windows, 0) * span.devices + 1.0) AS chance
    FROM scenes s CROSS JOIN span
    LEFT JOIN possible p ON p.target_id = s.target_id
    LEFT JOIN recorded r ON r.target_id = s.target_id
  )
), present AS (
  SELECT DISTINCT f.device_id, s.target_id
  FROM fixes f JOIN scenes s
    ON distance_m(f.lat_deg, f.lon_deg, s.lat_deg, s.lon_deg) <= $radius_m
   AND f.t0 <= s.t1 + $window AND f.t1 >= s.t0 - $window
  WHERE f.case_id = $case
), devices_at AS (
  SELECT device_id, count(*) AS scenes FROM present GROUP BY device_id
)
SELECT d.device_id, d.scenes, (SELECT count(*) FROM scenes) AS of_scenes, span.devices,
       span.devices * p_at_least(d.scenes, chances.chances) AS by_chance
FROM devices_at d CROSS JOIN span CROSS JOIN chances
WHERE d.scenes >= $least
ORDER BY d.scenes DESC, d.device_id
