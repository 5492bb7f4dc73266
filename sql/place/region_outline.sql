-- core.region_outline: the outlines of all region layers, as published, one polygon a row.
--
-- Grain:   one row per layer, source_id, part.
-- Reads:   raw.country, raw.protected_area, raw.biome, raw.region, parameter.
-- Caveat:  continents and study regions are put together from countries, and have no outlines of their own; grid
--          cells have theirs in core.grid_cell.
-- Method:  docs/methods.md#pieces
CREATE OR REPLACE VIEW core.region_outline AS
SELECT
    'country' AS layer,
    iso3 AS region_id,
    source_id,
    part,
    geometry
FROM raw.country

UNION ALL

SELECT
    'protected' AS layer,
    protected_area.source_id AS region_id,
    protected_area.source_id,
    protected_area.part,
    protected_area.geometry
FROM raw.protected_area
INNER JOIN (
    -- An equality keeps the join a fast one, where a condition of two columns would not.
    SELECT unnest(list_distinct([FALSE, parameter.kba_proposed])) AS is_proposed
    FROM main.parameter
) AS counted
    ON coalesce(protected_area.attributes ->> 'KbaStatus' ILIKE 'proposed%', FALSE) = counted.is_proposed

UNION ALL

SELECT
    'biome' AS layer,
    biome AS region_id,
    source_id,
    part,
    geometry
FROM raw.biome
WHERE biome IS NOT NULL

UNION ALL

SELECT
    source AS layer,
    region_id,
    source_id,
    part,
    geometry
FROM raw.region;

COMMENT ON VIEW core.region_outline IS 'The outlines of all region layers, as published, one polygon a row.';
COMMENT ON COLUMN core.region_outline.layer IS 'country, protected, biome, or a layer of the project file.';
COMMENT ON COLUMN core.region_outline.region_id IS 'Id of the region in its layer.';
COMMENT ON COLUMN core.region_outline.source_id IS 'Id of the feature in its source.';
COMMENT ON COLUMN core.region_outline.part IS 'Number of the polygon within its feature.';
COMMENT ON COLUMN core.region_outline.geometry IS 'Polygon, EPSG:4326.';
