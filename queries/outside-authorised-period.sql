-- Which records of a device lie outside the period that was authorised?
--
-- param case text: the case
-- param device text: the device
-- param from timestamp: the authorised period begins
-- param to timestamp: it ends, exclusive
--
-- Reading: a row is an exhibit with records before or after the period: how many, and from when to when.
-- Caveat: a record that reaches over an end of the period counts as outside. What follows from it is for the authority.
SELECT exhibit, file, CASE WHEN t0 < $from THEN 'before' ELSE 'after' END AS lies,
       count(*) AS fixes, min(t0) AS first_at, max(t1) AS last_at
FROM fixes
WHERE case_id = $case AND device_id = $device AND (t0 < $from OR t1 >= $to)
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
