-- core.trend_size: how often the trend test finds a trend in a series of n years that has none.
--
-- Grain:   one row per n_years from 4 to the length of the trends' period.
-- Reads:   parameter.
-- Caveat:  exact, for values without ties: from the share of the orders of n values with each number of falls. The
--          normal approximation of the original test reaches 5 % in steps only: 1.67 % at five and at six years.
--          NULL for a modified test and beyond 40 years, where nobody has counted.
-- Method:  docs/methods.md#chance (Mann 1945, Kendall 1975)
CREATE OR REPLACE VIEW core.trend_size AS
WITH RECURSIVE falls AS (
    -- Share of the orders of n values with each number of falls: the n-th value makes 0 to n - 1 of them.
    SELECT
        1 AS n_years,
        0 AS n_falls,
        1.0::DOUBLE AS share
    UNION ALL
    SELECT
        falls.n_years + 1 AS n_years,
        falls.n_falls + added.n_falls AS n_falls,
        sum(falls.share) / (falls.n_years + 1) AS share
    FROM falls
    CROSS JOIN main.parameter
    CROSS JOIN range(0, 40) AS added (n_falls)
    WHERE
        falls.n_years < least(40, parameter.trend_last_year - parameter.trend_first_year + 1)
        AND added.n_falls <= falls.n_years
    GROUP BY falls.n_years, falls.n_falls + added.n_falls
),

scored AS (
    SELECT
        n_years,
        abs(n_years * (n_years - 1) / 2.0 - 2 * n_falls) AS score,
        n_years * (n_years - 1) * (2 * n_years + 5) / 18.0 AS variance,
        share
    FROM falls
    WHERE n_years >= 4
),

judged AS (
    SELECT
        n_years,
        share,
        mk_normal_tail((score - sign(score)) / sqrt(variance)) AS normal_p,
        sum(share) OVER (PARTITION BY n_years ORDER BY score DESC) AS exact_p
    FROM scored
)

SELECT
    judged.n_years,
    CASE
        WHEN parameter.trend_test = 'original'
            THEN sum(CASE WHEN judged.normal_p < parameter.trend_alpha THEN judged.share ELSE 0 END)
        WHEN parameter.trend_test = 'exact'
            THEN sum(CASE WHEN judged.exact_p < parameter.trend_alpha THEN judged.share ELSE 0 END)
    END AS size
FROM judged
CROSS JOIN main.parameter
GROUP BY judged.n_years, parameter.trend_test
ORDER BY judged.n_years;

COMMENT ON VIEW core.trend_size IS
'How often the trend test finds a trend in a series of n years that has none.';
COMMENT ON COLUMN core.trend_size.n_years IS 'Number of years with a value.';
COMMENT ON COLUMN core.trend_size.size IS
'Probability of a trend, either way, where there is none, 0-1; NULL where it is not known.';
