-- mk_tau: Kendall's tau of a series, its score as a share of the number of pairs.
--
-- Grain:   one number from -1 to 1 from a list of numbers in the order of time.
-- Reads:   nothing.
-- Caveat:  tau-a, as pymannkendall gives it: ties are not taken out of the pairs. NULL below two.
-- Method:  docs/methods.md#trends (Kendall 1975)
CREATE OR REPLACE MACRO mk_tau(series) AS
list_transform(
    [len(mk_values(series))],
    LAMBDA n: mk_s(series) / nullif(n * (n - 1) / 2.0, 0)
)[1]::DOUBLE;
