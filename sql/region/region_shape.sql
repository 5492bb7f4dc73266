-- core.region_shape: every region of every layer, with its outline.
--
-- Grain:   one row per layer, region_id.
-- Reads:   core.region_outline, raw.region, raw.protected_area, core.country, core.country_part, core.grid_cell.
-- Stored:  yes, it puts the polygons of every region together and measures them.
-- Caveat:  continents and study regions are put together from countries, and have no outline of their own.
-- Method:  docs/methods.md#regions
CREATE OR REPLACE VIEW core.region_shape AS
WITH shape AS (
    SELECT
        layer,
        region_id,
        core.reproducible_sum(core.area_km2(geometry)) AS area_km2,
        ST_CollectionExtract(ST_Collect(list(geometry ORDER BY source_id, part)), 3) AS geometry
    FROM core.region_outline
    GROUP BY layer, region_id

    UNION ALL

    SELECT
        'grid' AS layer,
        region_id,
        core.area_km2(geometry) AS area_km2,
        geometry
    FROM core.grid_cell
),

continent AS (
    SELECT
        unnest(['continent', 'study_region']) AS layer,
        unnest([country_part.continent, country_part.study_region]) AS region_id,
        unnest([country_part.study_region, NULL]) AS parent_id,
        core.area_km2(outline.geometry) AS area_km2
    FROM core.country_part
    INNER JOIN core.region_outline AS outline
        ON
            country_part.source_id = outline.source_id
            AND country_part.part = outline.part
            AND outline.layer = 'country'
),

label AS (
    SELECT
        'country' AS layer,
        iso3 AS region_id,
        country AS region_name,
        continent AS parent_id
    FROM core.country

    UNION ALL

    SELECT
        'protected' AS layer,
        source_id AS region_id,
        any_value(protected_name) AS region_name,
        NULL AS parent_id
    FROM raw.protected_area
    GROUP BY source_id

    UNION ALL

    SELECT
        source AS layer,
        region_id,
        min(region_name) AS region_name,
        min(parent_id) AS parent_id
    FROM raw.region
    GROUP BY source, region_id
)

SELECT
    shape.layer,
    shape.region_id,
    coalesce(label.region_name, shape.region_id) AS region_name,
    label.parent_id,
    shape.area_km2,
    shape.geometry
FROM shape
LEFT JOIN label ON shape.layer = label.layer AND shape.region_id = label.region_id

UNION ALL

SELECT
    layer,
    region_id,
    region_id AS region_name,
    min(parent_id) AS parent_id,
    core.reproducible_sum(area_km2) AS area_km2,
    NULL AS geometry
FROM continent
WHERE region_id IS NOT NULL
GROUP BY layer, region_id
ORDER BY layer, region_id;

COMMENT ON VIEW core.region_shape IS 'Every region of every layer, with its outline.';
COMMENT ON COLUMN core.region_shape.layer IS 'Region layer.';
COMMENT ON COLUMN core.region_shape.region_id IS 'Id of the region in its layer.';
COMMENT ON COLUMN core.region_shape.region_name IS 'Name of the region; its id where it has none.';
COMMENT ON COLUMN core.region_shape.parent_id IS 'Id of the larger region that holds it; NULL where none is known.';
COMMENT ON COLUMN core.region_shape.area_km2 IS 'Area of its polygons, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.region_shape.geometry IS 'Its polygons, EPSG:4326; NULL for continents and study regions.';
