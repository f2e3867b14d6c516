-- Which encounters does a case have?
--
-- param case text: the case
-- param least_p float = 0: only those with at least this probability of being within the radius
--
-- Reading: a row is a run of records of one device near one target. `stay_s` is from the first record to the last.
-- Caveat: an encounter of a single fix says that the device passed, not that it stayed. A device is not a person.
SELECT device_id, target_kind, target, enter, exit,
       date_part('epoch', exit) - date_part('epoch', enter) AS stay_s,
       grade, p_within_max, min_distance_m, suspect_fixes, single_fix, encounter_id
FROM encounters
WHERE case_id = $case AND p_within_max >= $least_p
ORDER BY enter, encounter_id
