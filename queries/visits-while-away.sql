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
  SELECT f.t0, f.t1, f.lat_deg, f.lon_deg, date_bin(INTERVAL '1 hour', f.t0) AS first_hour
  FROM fixes f
  WHERE f.case_id = $case AND EXISTS (
    SELECT 1 FROM attributions a
    WHERE a.case_id = f.case_id AND a.device_id = f.device_id AND a.role = 'victim'
      AND (a.from_at IS NULL OR a.from_at <= f.t1) AND (a.to_at IS NULL OR f.t0 < a.to_at))
), her_hours AS (
  SELECT t0, t1, lat_deg, lon_deg, first_hour, first_hour AS hour FROM hers
  UNION ALL
  SELECT t0, t1, lat_deg, lon_deg, first_hour,
         unnest(generate_series(first_hour + INTERVAL '1 hour', date_bin(INTERVAL '1 hour', t1), INTERVAL '1 hour')) AS hour
  FROM hers WHERE t1 > t0 AND date_bin(INTERVAL '1 hour', t1) > first_hour
), visits AS (
  SELECT e.encounter_id, e.device_id, e.target, e.enter, e.exit, e.enter - $around AS from_at, e.exit + $around AS to_at,
         t.lat_deg, t.lon_deg
  FROM encounters e
  JOIN targets t ON t.case_id = e.case_id AND t.name = e.target AND t.kind = 'place'
  WHERE e.case_id = $case AND e.target_kind = 'place'
), visit_hours AS (
  SELECT encounter_id, from_at, to_at, lat_deg, lon_deg, date_bin(INTERVAL '1 hour', from_at) AS first_hour,
         unnest(generate_series(date_bin(INTERVAL '1 hour', from_at), date_bin(INTERVAL '1 hour', to_at),
                                INTERVAL '1 hour')) AS hour
  FROM visits
), near AS (
  -- Visits and records that touch the same hour are compared, instead of all with all: each pair in the first hour that both touch.
  SELECT v.encounter_id, count(*) AS her_fixes,
         min(distance_m(h.lat_deg, h.lon_deg, v.lat_deg, v.lon_deg)) AS her_nearest_m
  FROM visit_hours v
  JOIN her_hours h ON h.hour = v.hour AND h.t0 <= v.to_at AND h.t1 >= v.from_at
    AND (h.hour = h.first_hour OR v.hour = v.first_hour)
  GROUP BY v.encounter_id
)
SELECT v.encounter_id, v.device_id, v.target, v.enter, v.exit, coalesce(n.her_fixes, 0) AS her_fixes, n.her_nearest_m,
       CASE WHEN n.her_fixes IS NULL THEN 'not known'
            WHEN n.her_nearest_m >= $away_m THEN 'away'
            ELSE 'there' END AS she_was
FROM visits v
LEFT JOIN near n ON n.encounter_id = v.encounter_id
ORDER BY v.enter, v.encounter_id
