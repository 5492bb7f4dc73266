-- core.mine_commodity: each commodity of each mine.
--
-- Grain:   one row per mine_id, commodity.
-- Reads:   core.mine_name.
-- Caveat:  commodities stand apart by ; , or / in the source, and are compared in lower case.
-- Method:  docs/methods.md#attributes
CREATE OR REPLACE VIEW core.mine_commodity AS
WITH listed AS (
    SELECT
        mine_id,
        lower(trim(unnest(regexp_split_to_array(commodity, '[;,/]')))) AS commodity
    FROM core.mine_name
)

SELECT DISTINCT
    mine_id,
    commodity
FROM listed
WHERE commodity <> '';

COMMENT ON VIEW core.mine_commodity IS 'Each commodity of each mine.';
COMMENT ON COLUMN core.mine_commodity.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.mine_commodity.commodity IS 'Commodity in lower case.';
