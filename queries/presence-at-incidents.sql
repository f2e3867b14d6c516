-- Was each of the suspect's devices present at each incident, absent, or silent?
--
-- param case text: the case
-- param radius_m float = 200: nearer than this, less what is not known, is present, metres
-- param window interval = 10 minutes: records so long before and after the incident count
--
-- Reading: present: a record of that time is within the radius, its uncertainty and the incident's allowed for. absent:
-- there are records of that time, all farther. silent: there is none.
-- Caveat: silent is not absent. absent says where the device was, not who had it.
WITH his AS (
  SELECT DISTINCT case_id, device_id FROM attributions WHERE case_id = $case AND role = 'suspect'
)
SELECT i.name AS incident, i.t0, i.t1, h.device_id, count(f.fix_id) AS fixes,
       min(distance_m(f.lat_deg, f.lon_deg, i.lat_deg, i.lon_deg)) AS nearest_m,
       CASE WHEN count(f.fix_id) = 0 THEN 'silent'
            WHEN min(distance_m(f.lat_deg, f.lon_deg, i.lat_deg, i.lon_deg)
                     - coalesce(f.uncertainty_m, 0) - coalesce(i.reach_m, 0)) <= $radius_m THEN 'present'
            ELSE 'absent' END AS device_was
FROM targets i
JOIN his h ON h.case_id = i.case_id
LEFT JOIN fixes f ON f.case_id = h.case_id AND f.device_id = h.device_id
                 AND f.t0 <= i.t1 + $window AND f.t1 >= i.t0 - $window
WHERE i.case_id = $case AND i.kind = 'incident'
GROUP BY i.name, i.t0, i.t1, h.device_id
ORDER BY i.t0, i.name, h.device_id
