-- Which visits to the victim's places happened while she was away?
--
-- param case text: the case
-- param away_m float = 500: from this distance on she is away, metres
-- param around interval = 30 minutes: her records so long before and after a visit count
--
-- Reading: `she_was` is away, there, or not known where none of her records is of that time. `her_nearest_m` is the least
-- distance of her records from the place.
-- Caveat: her device may have been elsewhere than she was.
WITH hers AS (
  SELECT f.case_id, f.fix_id, f.t0, f.t1, f.lat_deg, f.lon_deg, date_trunc('hour', f.t0) AS hour
  FROM fixes f
  WHERE f.case_id = $case AND EXISTS (
    SELECT 1 FROM attributions a
    WHERE a.case_id = f.case_id AND a.device_id = f.device_id AND a.role = 'victim'
      AND (a.from_at IS NULL OR a.from_at <= f.t1) AND (a.to_at IS NULL OR f.t0 < a.to_at))
), by_hour AS (
  SELECT * FROM hers
  UNION ALL
  SELECT case_id, fix_id, t0, t1, lat_deg, lon_deg,
         unnest(generate_series(hour + INTERVAL '1 hour', date_trunc('hour', t1), INTERVAL '1 hour')) AS hour
  FROM hers WHERE t1 > t0 AND date_trunc('hour', t1) > hour
), visits AS (
  -- Visits and records that touch the same hour are compared, instead of all with all: a pair may so be met more than once.
  SELECT e.case_id, e.encounter_id, e.device_id, e.target, e.enter, e.exit, t.lat_deg, t.lon_deg,
         unnest(generate_series(date_trunc('hour', e.enter - $around), date_trunc('hour', e.exit + $around),
                                INTERVAL '1 hour')) AS hour
  FROM encounters e
  JOIN targets t ON t.case_id = e.case_id AND t.name = e.target AND t.kind = 'place'
  WHERE e.case_id = $case AND e.target_kind = 'place'
), near AS (
  SELECT v.encounter_id, count(DISTINCT h.fix_id) AS her_fixes,
         min(distance_m(h.lat_deg, h.lon_deg, v.lat_deg, v.lon_deg)) AS her_nearest_m
  FROM visits v
  JOIN by_hour h ON h.case_id = v.case_id AND h.hour = v.hour
    AND h.t0 <= v.exit + $around AND h.t1 >= v.enter - $around
  GROUP BY v.encounter_id
)
SELECT v.encounter_id, v.device_id, v.target, v.enter, v.exit, coalesce(n.her_fixes, 0) AS her_fixes, n.her_nearest_m,
       CASE WHEN n.her_fixes IS NULL THEN 'not known'
            WHEN n.her_nearest_m >= $away_m THEN 'away'
            ELSE 'there' END AS she_was
FROM (SELECT DISTINCT encounter_id, device_id, target, enter, exit FROM visits) v
LEFT JOIN near n ON n.encounter_id = v.encounter_id
ORDER BY v.enter, v.encounter_id
