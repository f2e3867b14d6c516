-- Where was a suspect's device near the victim again and again before the first report?
--
-- param case text: the case
-- param reported timestamp: when it was first reported
-- param least_days int = 2: on at least so many days
--
-- Reading: a row is an H3 cell in which a device was near a target on several days, and from when to when.
-- Caveat: places that both use, as a station or a shop, are among them.
SELECT p.device_id, h3_text(f.h3) AS cell,
       count(DISTINCT date_trunc('day', to_local_time(p.t0 AT TIME ZONE 'Europe/London'))) AS days,
       min(p.t0) AS first_at, max(p.t1) AS last_at, count(*) AS proximities
FROM proximity p JOIN fixes f ON f.case_id = p.case_id AND f.fix_id = p.fix_id
WHERE p.case_id = $case AND p.t1 < $reported
GROUP BY p.device_id, f.h3
HAVING count(DISTINCT date_trunc('day', to_local_time(p.t0 AT TIME ZONE 'Europe/London'))) >= $least_days
ORDER BY days DESC, first_at, cell
