-- mine_source: the published features that each mine was made from.
--
-- Grain:   one row per mine_id, source, source_id.
-- Reads:   core.mine_lineage, core.polygon.
-- Method:  docs/methods.md#union (Xu et al. 2025, section 2.1)
CREATE OR REPLACE VIEW mine_source AS
SELECT DISTINCT
    mine_lineage.mine_id,
    polygon.source,
    polygon.source_id
FROM core.mine_lineage
INNER JOIN core.polygon ON mine_lineage.polygon_key = polygon.polygon_key;

COMMENT ON VIEW mine_source IS 'The published features that each mine was made from.';
COMMENT ON COLUMN mine_source.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN mine_source.source IS 'Name of the polygon data set.';
COMMENT ON COLUMN mine_source.source_id IS 'Id of the feature in that data set.';
