-- mk_values: the values of a series that the Mann-Kendall test counts, in their order.
--
-- Grain:   a list of numbers from a list of numbers.
-- Reads:   nothing.
-- Caveat:  NULL, NaN and infinite entries are left out, and their places with them.
CREATE OR REPLACE MACRO mk_values(series) AS
list_filter(series::DOUBLE[], LAMBDA entry: isfinite(entry));
