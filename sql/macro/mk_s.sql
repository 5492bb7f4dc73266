-- mk_s: the Mann-Kendall score of a series, its rises less its falls over all pairs.
--
-- Grain:   one number from a list of numbers in the order of time.
-- Reads:   nothing.
-- Caveat:  missing entries count for nothing; 0 for fewer than two values.
-- Method:  docs/methods.md#trends (Mann 1945, Kendall 1975)
CREATE OR REPLACE MACRO mk_s(series) AS
    list_transform(
        [mk_values(series)],
        lambda counted: coalesce(list_sum(list_transform(
            counted,
            lambda earlier, place: list_sum(list_transform(
                counted[place + 1:], lambda later: sign(later - earlier)
            ))
        )), 0)
    )[1]::BIGINT;
