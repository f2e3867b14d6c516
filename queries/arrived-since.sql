-- What has arrived since a time?
--
-- param case text: the case
-- param since timestamp: records that were stored after this
--
-- Reading: a row is a device and an exhibit: how many records arrived, and which time they are of.
-- Caveat: it is the time of being stored, not of being recorded: records of long ago arrive late.
SELECT device_id, exhibit, count(*) AS fixes, min(t0) AS first_at, max(t1) AS last_at, min(stored_at) AS stored_from,
       max(stored_at) AS stored_to
FROM fixes
WHERE case_id = $case AND stored_at > $since
GROUP BY device_id, exhibit
ORDER BY stored_from, device_id, exhibit
