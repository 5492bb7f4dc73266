-- core.region_source: mine area of each region by each source alone and by their union.
--
-- Grain:   one row per layer, region_id with mines, dataset: a source, or union for all mines.
-- Reads:   core.mine_piece_place, core.piece_source.
-- Method:  docs/methods.md#sources
CREATE OR REPLACE VIEW core.region_source AS
SELECT
    layer,
    region_id,
    'union' AS dataset,
    count(DISTINCT mine_id) AS n_mines,
    core.reproducible_sum(area_km2) AS area_km2,
    NULL::DOUBLE AS alone_km2
FROM core.mine_piece_place
GROUP BY layer, region_id

UNION ALL

SELECT
    place.layer,
    place.region_id,
    drawn.source AS dataset,
    count(DISTINCT place.mine_id) AS n_mines,
    core.reproducible_sum(drawn.area_km2 * place.share) AS area_km2,
    core.reproducible_sum(drawn.alone_km2 * place.share) AS alone_km2
FROM core.mine_piece_place AS place
INNER JOIN core.piece_source AS drawn ON place.piece_id = drawn.piece_id
GROUP BY place.layer, place.region_id, drawn.source;

COMMENT ON VIEW core.region_source IS 'Mine area of each region by each source alone and by their union.';
COMMENT ON COLUMN core.region_source.layer IS 'Region layer.';
COMMENT ON COLUMN core.region_source.region_id IS 'Id of the region in its layer.';
COMMENT ON COLUMN core.region_source.dataset IS 'Name of a source, or union.';
COMMENT ON COLUMN core.region_source.n_mines IS 'Final mines that it has a part of there.';
COMMENT ON COLUMN core.region_source.area_km2 IS 'Area of final mines that it draws there, km2.';
COMMENT ON COLUMN core.region_source.alone_km2 IS 'Of it, what no other source draws, km2; NULL for the union.';
