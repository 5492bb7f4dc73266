-- mk_s: the Mann-Kendall score of a series, its rises less its falls over all pairs.
--
-- Grain:   one number from a list of numbers in the order of time.
-- Reads:   nothing.
-- Caveat:  missing entries count for nothing; 0 for fewer than two values.
-- Method:  docs/methods.md#trends (Mann 1945, Kendall 1975)
CREATE OR REPLACE MACRO mk_s(series) AS
list_transform(
    [mk_values(series)],
    LAMBDA counted: coalesce(list_sum(list_transform(
        range(1, len(counted)),
        LAMBDA place: list_sum(list_transform(
            counted[place + 1:], LAMBDA later: sign(later - counted[place])
        ))
    )), 0)
)[1]::BIGINT;
