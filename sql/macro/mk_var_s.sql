-- mk_var_s: the variance of the Mann-Kendall score of a series without a trend, ties counted.
--
-- Grain:   one number from a list of numbers.
-- Reads:   nothing.
-- Caveat:  each of t equal values adds (t - 1) (2 t + 5), so a group of t adds t times that.
-- Method:  docs/methods.md#trends (Kendall 1975, Gilbert 1987)
CREATE OR REPLACE MACRO mk_var_s(series) AS
list_transform(
    [mk_values(series)],
    LAMBDA counted: (
        len(counted) * (len(counted) - 1) * (2 * len(counted) + 5)
        - coalesce(list_sum(list_transform(counted, LAMBDA entry: list_transform(
            [len(list_filter(counted, LAMBDA other: other = entry))],
            LAMBDA n_equal: (n_equal - 1) * (2 * n_equal + 5)
        )[1])), 0)
    ) / 18.0::DOUBLE
)[1];
