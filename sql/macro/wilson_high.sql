-- wilson_high: upper end of the 95 % interval of a share p that was seen in n independent trials.
--
-- Grain:   one number from 0 to 1 from two.
-- Reads:   nothing.
-- Caveat:  n may be an effective number, no whole one; NULL without any, or without p.
--          Never 0 for p = 0: none of ten gives 0.28.
-- Method:  docs/methods.md#intervals (Wilson 1927)
CREATE OR REPLACE MACRO wilson_high(p, n) AS
CASE
    WHEN n > 0 AND p IS NOT NULL THEN least(1, (
        p + 1.920729410347062 / n
        + 1.959963984540054 * sqrt(greatest(p * (1 - p), 0) / n + 0.960364705173531 / n / n)
    ) / (1 + 3.841458820694124 / n))
END;
