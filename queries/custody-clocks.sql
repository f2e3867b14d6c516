-- Which detentions have a clock, and when does it run out?
--
-- param case text = : the case; all that may be seen if it is empty
--
-- Reading: `ceiling_at` and `limit_at` are as they stand; those of a stopped clock move on with every moment.
-- Caveat: times by the steps recorded, and no word on whether a detention is lawful.
SELECT case_id, custody_id, subject_id, relevant_at, ceiling, ceiling_at, limit_at, review_at, stopped_at, released_at, remarks
FROM custody
WHERE $case = '' OR case_id = $case
ORDER BY released_at IS NOT NULL, ceiling_at, case_id, custody_id
