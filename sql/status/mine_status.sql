-- mine_status: whether each mine is active, closed or undefined, and what decided it.
--
-- Grain:   one row per mine_id with a value of an indicator in the period of the trends.
-- Reads:   mine_trend, core.status_rule.
-- Caveat:  the study's text sends mixed signals to undefined, its tree does not: status is the tree,
--          status_strict the text.
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
        END AS meaning
    FROM mine_trend
    INNER JOIN core.status_rule ON mine_trend.indicator = status_rule.indicator
),

decided AS (
    SELECT
        mine_id,
        arg_min(meaning, place) FILTER (WHERE meaning IS NOT NULL) AS meaning,
        arg_min(indicator, place) FILTER (WHERE meaning IS NOT NULL) AS decided_by,
        count(DISTINCT meaning) > 1 AS has_mixed_signals,
        count(trend)::INTEGER AS n_tested
    FROM signal
    GROUP BY mine_id
)

SELECT
    mine_id,
    coalesce(meaning, 'undefined') AS status,
    decided_by,
    has_mixed_signals,
    CASE WHEN has_mixed_signals THEN 'undefined' ELSE coalesce(meaning, 'undefined') END AS status_strict,
    n_tested
FROM decided;

COMMENT ON VIEW mine_status IS 'Whether each mine is active, closed or undefined, and what decided it.';
COMMENT ON COLUMN mine_status.mine_id IS 'Mine.';
COMMENT ON COLUMN mine_status.status IS
'active, closed or undefined: the first indicator with a significant trend decides.';
COMMENT ON COLUMN mine_status.decided_by IS 'That indicator; NULL where none has a trend.';
COMMENT ON COLUMN mine_status.has_mixed_signals IS 'Whether two indicators with a trend disagree.';
COMMENT ON COLUMN mine_status.status_strict IS 'As status, but undefined where signals are mixed.';
COMMENT ON COLUMN mine_status.n_tested IS
'Number of indicators with a test; 0: undefined for want of data, or all series constant.';
