-- Which records were asked for, what is still due, and how many lie outside every authorised period?
--
-- param case text: the case
--
-- Reading: a row is a request: of whom, under which authority, for which period, when due, when returned. `inside` counts
-- records of its device wholly within its period; `outside_all` those of its device within the period of no request of
-- the case. What is still due comes first, the earliest first.
-- Caveat: a record that reaches over an end of a period counts as outside. Records are told by the device they name: what
-- was returned under another name is in no row. Requests that were never recorded are not there.
WITH pairs AS (
  SELECT r.request_id, f.fix_id, f.t0 >= r.from_at AND f.t1 < r.to_at AS inside
  FROM requests r JOIN fixes f ON f.case_id = r.case_id AND f.device_id = r.device_id
  WHERE r.case_id = $case
), judged AS (
  SELECT request_id, inside, bool_or(inside) OVER (PARTITION BY fix_id) AS inside_any FROM pairs
), counted AS (
  SELECT request_id, count(*) FILTER (WHERE inside) AS inside, count(*) FILTER (WHERE NOT inside_any) AS outside_all
  FROM judged GROUP BY request_id
)
SELECT r.request_id, r.holder, r.authority, r.device_id, r.from_at, r.to_at, r.due_at, r.returned_at,
       coalesce(c.inside, 0) AS inside, coalesce(c.outside_all, 0) AS outside_all
FROM requests r LEFT JOIN counted c ON c.request_id = r.request_id
WHERE r.case_id = $case
ORDER BY r.returned_at IS NOT NULL, r.due_at NULLS LAST, r.request_id
