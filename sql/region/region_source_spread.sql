-- region_source_spread: mine area of every region by each source alone and by their union.
--
-- Grain:   one row per layer, region_id with mines, dataset: a source, or union for all mines.
-- Reads:   core.region_source, core.region_shape.
-- Caveat:  ground that was erased or straightened away counts for no source. A source that drew nothing there has no
--          row.
-- Method:  docs/methods.md#sources
CREATE OR REPLACE VIEW region_source_spread AS
SELECT
    drawn.layer,
    drawn.region_id,
    region.region_name,
    drawn.dataset,
    drawn.n_mines,
    drawn.area_km2,
    drawn.area_km2 / max(CASE WHEN drawn.dataset = 'union' THEN drawn.area_km2 END) OVER place AS share_of_union,
    drawn.alone_km2,
    drawn.area_km2 - drawn.alone_km2 AS shared_km2
FROM core.region_source AS drawn
INNER JOIN core.region_shape AS region
    ON drawn.layer = region.layer AND drawn.region_id = region.region_id
WINDOW place AS (PARTITION BY drawn.layer, drawn.region_id)
ORDER BY drawn.layer ASC, drawn.region_id ASC, drawn.dataset = 'union' ASC, drawn.dataset ASC;

COMMENT ON VIEW region_source_spread IS
'Mine area of every region by each source alone and by their union.';
COMMENT ON COLUMN region_source_spread.layer IS 'Region layer.';
COMMENT ON COLUMN region_source_spread.region_id IS 'Id of the region in its layer.';
COMMENT ON COLUMN region_source_spread.region_name IS 'Name of the region; its id where it has none.';
COMMENT ON COLUMN region_source_spread.dataset IS 'Name of a source, or union.';
COMMENT ON COLUMN region_source_spread.n_mines IS 'Final mines that it has a part of there.';
COMMENT ON COLUMN region_source_spread.area_km2 IS
'Area of final mines that it draws there, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN region_source_spread.share_of_union IS
'That divided by the area of all final mines there, 0-1 but for rounding in outlines.';
COMMENT ON COLUMN region_source_spread.alone_km2 IS 'Of it, what no other source draws, km2; NULL for the union.';
COMMENT ON COLUMN region_source_spread.shared_km2 IS 'Of it, what others draw, too, km2; NULL for the union.';
