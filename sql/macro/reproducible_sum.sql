-- core.reproducible_sum: sum of doubles that no order of rows changes, not in the last bit either.
--
-- Caveat:  adds the smallest first, NULL is left out; sum(x ORDER BY x) says the same at twenty times the cost.
CREATE OR REPLACE MACRO core.reproducible_sum(x) AS
list_sum(list_sort(list(x)));
