-- Fixes of a case's suspects near its targets, with another radius and window than those that are stored.
WITH suspects AS (
  SELECT f.case_id, f.device_id, f.fix_id, f.t0, f.t1, f.lat_deg, f.lon_deg,
         coalesce(f.uncertainty_m, 0.0) AS u_m, sigma_m(coalesce(f.uncertainty_m, 0.0), f.confidence) AS sigma_m
  FROM fixes f
  WHERE f.case_id = CAST($case AS VARCHAR) AND EXISTS (
    SELECT 1 FROM attributions a
    WHERE a.case_id = f.case_id AND a.device_id = f.device_id AND a.role = 'suspect'
      AND (a.from_at IS NULL OR a.from_at <= f.t1) AND (a.to_at IS NULL OR f.t0 < a.to_at))
), aims AS (
  SELECT 'victim_fix' AS kind, f.device_id AS target, f.device_id AS own_device, f.t0, f.t1, f.lat_deg, f.lon_deg,
         coalesce(f.uncertainty_m, 0.0) AS u_m, sigma_m(coalesce(f.uncertainty_m, 0.0), f.confidence) AS sigma_m,
         0.0 AS reach_m
  FROM fixes f
  WHERE f.case_id = CAST($case AS VARCHAR) AND EXISTS (
    SELECT 1 FROM attributions a
    WHERE a.case_id = f.case_id AND a.device_id = f.device_id AND a.role = 'victim'
      AND (a.from_at IS NULL OR a.from_at <= f.t1) AND (a.to_at IS NULL OR f.t0 < a.to_at))
  UNION ALL
  SELECT kind, name, '', coalesce(t0, TIMESTAMP '1700-01-01T00:00:00Z'), coalesce(t1, TIMESTAMP '2250-01-01T00:00:00Z'),
         lat_deg, lon_deg, CASE WHEN kind = 'incident' THEN coalesce(reach_m, 0.0) ELSE 0.0 END,
         CASE WHEN kind = 'incident' THEN sigma_m(coalesce(reach_m, 0.0), 0.68) ELSE 0.0 END,
         CASE WHEN kind = 'place' THEN coalesce(reach_m, 0.0) ELSE 0.0 END
  FROM targets WHERE case_id = CAST($case AS VARCHAR)
), near AS (
  SELECT s.case_id, s.device_id, s.fix_id, s.t0, s.t1, a.kind AS target_kind, a.target,
         distance_m(s.lat_deg, s.lon_deg, a.lat_deg, a.lon_deg) AS distance_m,
         s.u_m + a.u_m AS u_m, a.limit_m - a.u_m AS radius_m,
         sqrt(s.sigma_m * s.sigma_m + a.sigma_m * a.sigma_m) AS sigma_m
  FROM suspects s JOIN (
    SELECT kind, target, own_device, lat_deg, lon_deg, u_m, sigma_m, reach_m + u_m + CAST($radius_m AS DOUBLE) AS limit_m,
           t0 - CAST($window AS INTERVAL) AS t0, t1 + CAST($window AS INTERVAL) AS t1
    FROM aims) a
    ON distance_m(s.lat_deg, s.lon_deg, a.lat_deg, a.lon_deg) <= a.limit_m + s.u_m
   AND s.t0 <= a.t1 AND s.t1 >= a.t0 AND s.device_id <> a.own_device
)
SELECT case_id, device_id, fix_id, t0, t1, target_kind, target, distance_m,
       CASE WHEN distance_m + u_m <= radius_m THEN 'definite' WHEN distance_m <= radius_m THEN 'probable'
            ELSE 'possible' END AS grade,
       p_within(distance_m, sigma_m, radius_m) AS p_within
FROM near
