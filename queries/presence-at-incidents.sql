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
  SELECT DISTINCT device_id FROM attributions WHERE case_id = $case AND role = 'suspect'
), incidents AS (
  SELECT name, t0, t1, lat_deg, lon_deg, coalesce(reach_m, 0) AS reach_m, t0 - $window AS from_at, t1 + $window AS to_at
  FROM targets
  WHERE case_id = $case AND kind = 'incident'
)
SELECT i.name AS incident, i.t0, i.t1, h.device_id, count(f.fix_id) AS fixes,
       min(distance_m(f.lat_deg, f.lon_deg, i.lat_deg, i.lon_deg)) AS nearest_m,
       CASE WHEN count(f.fix_id) = 0 THEN 'silent'
            WHEN min(distance_m(f.lat_deg, f.lon_deg, i.lat_deg, i.lon_deg)
                     - coalesce(f.uncertainty_m, 0) - i.reach_m) <= $radius_m THEN 'present'
            ELSE 'absent' END AS device_was
FROM incidents i
CROSS JOIN his h
-- The case is named here too: of the others nothing is read then.
LEFT JOIN fixes f ON f.case_id = $case AND f.device_id = h.device_id AND f.t0 <= i.to_at AND f.t1 >= i.from_at
GROUP BY i.name, i.t0, i.t1, h.device_id
ORDER BY i.t0, i.name, h.device_id
