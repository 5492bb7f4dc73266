-- core.footprint_outline: outlines of the sites and years that were seen, at each threshold, with number and area.
--
-- Grain:   one row per footprint_id; an outline made elsewhere has a row at every threshold.
-- Reads:   raw.footprint, core.footprint_threshold, core.site_seen, parameter.
-- Stored:  yes, three spatial joins start here.
-- Caveat:  holes are filled here only with footprint_order = 'fill, merge, drop', and only in what this project's
--          model found.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW core.footprint_outline AS
WITH seen AS (
    SELECT
        footprint.*,
        CASE
            WHEN footprint.dataset = 'segmentation' OR series.is_main THEN footprint.footprint_id
            ELSE footprint.footprint_id || '@' || series.threshold
        END AS outline_id,
        series.threshold AS at_threshold
    FROM raw.footprint
    INNER JOIN core.footprint_threshold AS series
        ON footprint.dataset <> 'segmentation' OR footprint.threshold = series.threshold
    LEFT JOIN core.site_seen AS hidden
        ON
            footprint.dataset = hidden.dataset
            AND footprint.site_id = hidden.site_id
            AND footprint.year = hidden.year
            AND hidden.status = 'not seen'
    WHERE hidden.site_id IS NULL
),

outline AS (
    SELECT
        seen.* EXCLUDE (geometry),
        CASE
            WHEN
                parameter.fill_holes
                AND parameter.footprint_order = 'fill, merge, drop'
                AND seen.dataset = 'segmentation'
                AND ST_NInteriorRings(seen.geometry) > 0
                THEN ST_MakePolygon(ST_ExteriorRing(seen.geometry))
            ELSE seen.geometry
        END AS geometry
    FROM seen
    CROSS JOIN main.parameter
)

SELECT
    outline_id AS footprint_id,
    (md5_number_lower(outline_id) >> 2)::BIGINT AS footprint_key,
    year,
    site_id,
    dataset,
    at_threshold AS threshold,
    mean_probability,
    reported_km2,
    core.area_km2(geometry) AS area_km2,
    geometry
FROM outline
ORDER BY footprint_id;

COMMENT ON VIEW core.footprint_outline IS
'Outlines of the sites and years that were seen, at each threshold, with number and area.';
COMMENT ON COLUMN core.footprint_outline.footprint_id IS
'Id of the polygon in its yearly table; of one made elsewhere with @ and the threshold, unless it is the main one.';
COMMENT ON COLUMN core.footprint_outline.footprint_key IS 'Number made from the id, below 2^62.';
COMMENT ON COLUMN core.footprint_outline.year IS 'Year.';
COMMENT ON COLUMN core.footprint_outline.site_id IS 'Id of the site; NULL for footprints made elsewhere.';
COMMENT ON COLUMN core.footprint_outline.dataset IS 'segmentation, or the name of the footprint source.';
COMMENT ON COLUMN core.footprint_outline.threshold IS
'Threshold that it stands beside, 0-1; NULL where the project segments nothing itself.';
COMMENT ON COLUMN core.footprint_outline.mean_probability IS 'Mean probability of mine inside, 0-1.';
COMMENT ON COLUMN core.footprint_outline.reported_km2 IS
'Area of the mine as its publisher reports it, km2; NULL where none is reported.';
COMMENT ON COLUMN core.footprint_outline.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.footprint_outline.geometry IS 'Polygon, EPSG:4326.';
