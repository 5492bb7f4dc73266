-- mk_z: the Mann-Kendall score as a standard normal deviate, moved one towards zero for continuity.
--
-- Grain:   one number from a list of numbers in the order of time.
-- Reads:   nothing.
-- Caveat:  0 where rises and falls balance or all values are equal; NULL below two values.
-- Method:  docs/methods.md#trends (Kendall 1975)
CREATE OR REPLACE MACRO mk_z(series) AS
list_transform(
    [{ 'score': mk_s(series), 'variance': mk_var_s(series) }],
    LAMBDA mk: CASE
        WHEN mk.variance > 0 THEN (mk.score - sign(mk.score)) / sqrt(mk.variance)
        WHEN len(mk_values(series)) > 1 THEN 0
    END
)[1]::DOUBLE;
