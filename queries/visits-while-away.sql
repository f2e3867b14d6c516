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
  SELECT f.case_id, f.fix_id, f.t0, f.t1, f.lat_deg, f.lon_deg
  FROM fixes f
  WHERE f.case_id = $case AND EXISTS (
    SELECT 1 FROM attributions a
    WHERE a.case_id = f.case_id AND a.device_id = f.device_id AND a.role = 'victim'
      AND (a.from_at IS NULL OR a.from_at <= f.t1) AND (a.to_at IS NULL OR f.t0 < a.to_at))
)
SELECT e.encounter_id, e.device_id, e.target, e.enter, e.exit, count(h.fix_id) AS her_fixes,
       min(distance_m(h.lat_deg, h.lon_deg, t.lat_deg, t.lon_deg)) AS her_nearest_m,
       CASE WHEN count(h.fix_id) = 0 THEN 'not known'
            WHEN min(distance_m(h.lat_deg, h.lon_deg, t.lat_deg, t.lon_deg)) >= $away_m THEN 'away'
            ELSE 'there' END AS she_was
FROM encounters e
JOIN targets t ON t.case_id = e.case_id AND t.name = e.target AND t.kind = 'place'
LEFT JOIN hers h ON h.case_id = e.case_id AND h.t0 <= e.exit + $around AND h.t1 >= e.enter - $around
WHERE e.case_id = $case AND e.target_kind = 'place'
GROUP BY e.encounter_id, e.device_id, e.target, e.enter, e.exit
ORDER BY e.enter, e.encounter_id
