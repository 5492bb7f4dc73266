-- mk_p: the two-sided p-value of the Mann-Kendall test of a series.
--
-- Grain:   one number from 0 to 1 from a list of numbers in the order of time.
-- Reads:   nothing.
-- Caveat:  1 where all values are equal; no series of four or fewer values comes below 0.05.
-- Method:  docs/methods.md#trends (Mann 1945, Kendall 1975)
CREATE OR REPLACE MACRO mk_p(series) AS mk_normal_tail(mk_z(series));
