-- How near did each device come to each kind of target, day by day?
--
-- param case text: the case
--
-- Reading: days are those of Europe/London. `nearest_m` is between recorded positions.
-- Caveat: a day without a row is a day without a record near a target; the device may have been silent.
SELECT CAST(date_trunc('day', to_local_time(t0 AT TIME ZONE 'Europe/London')) AS DATE) AS day,
       device_id, target_kind, min(distance_m) AS nearest_m, max(p_within) AS p_within_max, count(*) AS proximities
FROM proximity
WHERE case_id = $case
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
