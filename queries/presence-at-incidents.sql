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
  SELECT target_id, name, t0, t1, lat_deg, lon_deg, coalesce(reach_m, 0) AS reach_m, t0 - $window AS from_at, t1 + $window AS to_at
  FROM targets
  WHERE case_id = $case AND kind = 'incident'
), hours AS (
  SELECT *, date_bin(INTERVAL '1 hour', from_at) AS first_hour,
         unnest(generate_series(date_bin(INTERVAL '1 hour', from_at), date_bin(INTERVAL '1 hour', to_at),
                                INTERVAL '1 hour')) AS hour
  FROM incidents
), records AS (
  SELECT device_id, t0, t1, lat_deg, lon_deg, uncertainty_m, date_bin(INTERVAL '1 hour', t0) AS hour
  FROM fixes WHERE case_id = $case
  UNION ALL
  SELECT device_id, t0, t1, lat_deg, lon_deg, uncertainty_m,
         unnest(generate_series(date_bin(INTERVAL '1 hour', t0) + INTERVAL '1 hour', date_bin(INTERVAL '1 hour', t1), INTERVAL '1 hour'))
  FROM fixes WHERE case_id = $case AND t1 > t0 AND date_bin(INTERVAL '1 hour', t1) > date_bin(INTERVAL '1 hour', t0)
)
SELECT i.name AS incident, i.t0, i.t1, h.device_id, count(r.t0) AS fixes,
       min(distance_m(r.lat_deg, r.lon_deg, i.lat_deg, i.lon_deg)) AS nearest_m,
       CASE WHEN count(r.t0) = 0 THEN 'silent'
            WHEN min(distance_m(r.lat_deg, r.lon_deg, i.lat_deg, i.lon_deg)
                     - coalesce(r.uncertainty_m, 0) - i.reach_m) <= $radius_m THEN 'present'
            ELSE 'absent' END AS device_was
-- Incidents and records that touch the same hour are compared, instead of all with all: each pair in the first hour that both touch.
FROM hours i
CROSS JOIN his h
LEFT JOIN records r ON r.device_id = h.device_id AND r.hour = i.hour AND r.t0 <= i.to_at AND r.t1 >= i.from_at
  AND (r.hour = date_bin(INTERVAL '1 hour', r.t0) OR i.hour = i.first_hour)
GROUP BY i.target_id, i.name, i.t0, i.t1, h.device_id
ORDER BY i.t0, i.name, h.device_id
