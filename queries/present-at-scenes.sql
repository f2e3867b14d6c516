-- Which devices were present at several of a case's incidents, and how many would be by chance?
--
-- param case text: the case
-- param least int = 2: at so many scenes or more
-- param radius_m float = 500: so near, metres
-- param window interval = 15 minutes: records so long before and after an incident count
--
-- Reading: `scenes` of `of_scenes`. `by_chance` is how many of the devices recorded at any scene would be at as many if
-- each went to each scene independently, with the mean share of devices that was there: well below one makes a device
-- worth looking at, not guilty.
-- Caveat: people live and work somewhere: presence at scenes near one another is not independent. It counts the records
-- that were asked for, and no others.
WITH scenes AS (
  SELECT target_id, t0, t1, lat_deg, lon_deg FROM targets WHERE case_id = $case AND kind = 'incident'
), present AS (
  SELECT DISTINCT f.device_id, s.target_id
  FROM fixes f JOIN scenes s
    ON distance_m(f.lat_deg, f.lon_deg, s.lat_deg, s.lon_deg) <= $radius_m
   AND f.t0 <= s.t1 + $window AND f.t1 >= s.t0 - $window
  WHERE f.case_id = $case
), devices_at AS (
  SELECT device_id, count(*) AS scenes FROM present GROUP BY device_id
), base AS (
  SELECT (SELECT count(*) FROM scenes) AS n, count(*) AS devices, sum(scenes) AS presences FROM devices_at
), chance AS (
  SELECT k.scenes,
         max(b.devices) * sum(
           CAST(factorial(b.n) AS DOUBLE) / CAST(factorial(j.value) AS DOUBLE) / CAST(factorial(b.n - j.value) AS DOUBLE)
           * power(CAST(b.presences AS DOUBLE) / (b.devices * b.n), j.value)
           * power(1 - CAST(b.presences AS DOUBLE) / (b.devices * b.n), b.n - j.value)) AS by_chance
  FROM (SELECT DISTINCT scenes FROM devices_at) k
  CROSS JOIN base b
  CROSS JOIN generate_series(0, 20) AS j(value)
  WHERE j.value >= k.scenes AND j.value <= b.n
  GROUP BY k.scenes
)
SELECT d.device_id, d.scenes, b.n AS of_scenes, b.devices, c.by_chance
FROM devices_at d CROSS JOIN base b JOIN chance c ON c.scenes = d.scenes
WHERE d.scenes >= $least
ORDER BY d.scenes DESC, d.device_id
