-- core.status_rule: which indicator decides before which, and which of its trends means active.
--
-- Grain:   one row per indicator of the rule.
-- Reads:   parameter.
-- Method:  docs/methods.md#status (Xu et al. 2025, section 2.4)
CREATE OR REPLACE VIEW core.status_rule AS
WITH entry AS (
    SELECT
        unnest(string_split(status_rule, ', ')) AS rule,
        generate_subscripts(string_split(status_rule, ', '), 1)::INTEGER AS place
    FROM main.parameter
)

SELECT
    place,
    split_part(rule, ' ', 1) AS indicator,
    split_part(rule, ' ', 2) AS active_trend
FROM entry;

COMMENT ON VIEW core.status_rule IS
'Which indicator decides before which, and which of its trends means active.';
COMMENT ON COLUMN core.status_rule.place IS 'Place in the order, from 1.';
COMMENT ON COLUMN core.status_rule.indicator IS 'bsp, ndvi, ntl, ...';
COMMENT ON COLUMN core.status_rule.active_trend IS
'The trend that means active; the opposite one means closed.';
