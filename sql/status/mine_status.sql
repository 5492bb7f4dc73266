-- mine_status: whether each mine is active, closed or undefined, what decided it, and how likely by chance.
--
-- Grain:   one row per mine_id with a value of an indicator in the period of the trends.
-- Reads:   mine_trend, core.status_rule, core.trend_size, parameter.
-- Caveat:  the study's text sends mixed signals to undefined, its tree does not: status is the tree,
--          status_strict the text. chance_share takes the indicators as independent of each other; a series of equal
--          values is never a trend by chance, and ties in others make it less likely than said.
-- Method:  docs/methods.md#status (Xu et al. 2025, section 2.4)
CREATE OR REPLACE VIEW mine_status AS
WITH signal AS (
    SELECT
        mine_trend.mine_id,
        mine_trend.indicator,
        mine_trend.trend,
        status_rule.place,
        CASE
            WHEN mine_trend.trend = status_rule.active_trend THEN 'active'
            WHEN mine_trend.trend IN ('increasing', 'decreasing') THEN 'closed'
        END AS meaning,
        CASE
            WHEN mine_trend.trend IS NULL OR mine_trend.reason IS NOT NULL THEN 0
            WHEN parameter.trend_correction = 'none' THEN trend_size.size
        END AS size
    FROM mine_trend
    INNER JOIN core.status_rule ON mine_trend.indicator = status_rule.indicator
    CROSS JOIN parameter
    LEFT JOIN core.trend_size ON mine_trend.n_years = trend_size.n_years
),

decided AS (
    SELECT
        mine_id,
        arg_min(meaning, place) FILTER (WHERE meaning IS NOT NULL) AS meaning,
        arg_min(indicator, place) FILTER (WHERE meaning IS NOT NULL) AS decided_by,
        count(DISTINCT meaning) > 1 AS has_mixed_signals,
        count(trend)::INTEGER AS n_tested,
        CASE WHEN count(*) = count(size) THEN 1 - list_product(list(1 - size ORDER BY place)) END AS chance_share
    FROM signal
    GROUP BY mine_id
)

SELECT
    mine_id,
    coalesce(meaning, 'undefined') AS status,
    decided_by,
    has_mixed_signals,
    CASE WHEN has_mixed_signals THEN 'undefined' ELSE coalesce(meaning, 'undefined') END AS status_strict,
    n_tested,
    chance_share
FROM decided;

COMMENT ON VIEW mine_status IS
'Whether each mine is active, closed or undefined, what decided it, and how likely by chance.';
COMMENT ON COLUMN mine_status.mine_id IS 'Mine.';
COMMENT ON COLUMN mine_status.status IS
'active, closed or undefined: the first indicator with a significant trend decides.';
COMMENT ON COLUMN mine_status.decided_by IS 'That indicator; NULL where none has a trend.';
COMMENT ON COLUMN mine_status.has_mixed_signals IS 'Whether two indicators with a trend disagree.';
COMMENT ON COLUMN mine_status.status_strict IS 'As status, but undefined where signals are mixed.';
COMMENT ON COLUMN mine_status.n_tested IS
'Number of indicators with a test; 0: undefined for want of data.';
COMMENT ON COLUMN mine_status.chance_share IS
'Probability of active or closed if no indicator had changed, 0-1; NULL for modified or corrected tests.';
