-- core.effective_n: the number of independent trials that a share p with a standard error is worth.
--
-- Reads:   nothing.
-- Caveat:  that of simple random sampling with the same error, which has p (1 - p) / (n - 1) for its square. Where the
--          error is 0 or not known, n itself, the number of places or of samples: a share of 0 or 1 has an error of 0
--          whatever the sample.
-- Method:  docs/methods.md#intervals (Korn and Graubard 1998)
CREATE OR REPLACE MACRO core.effective_n(p, standard_error, n) AS
CASE
    WHEN standard_error > 0 AND p > 0 AND p < 1 THEN 1 + p * (1 - p) / (standard_error * standard_error)
    ELSE n
END;
