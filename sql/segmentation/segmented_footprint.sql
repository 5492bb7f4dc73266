-- core.segmented_footprint: every polygon of every year with its country, and whether a neighbouring year confirms it.
--
-- Grain:   one row per prediction_id.
-- Reads:   core.segmented_polygon, core.segmented_country_area, core.country, core.continuity.
-- Stored:  yes.
-- Caveat:  the country is the one with most of the area; NULL outside all countries.
-- Method:  docs/methods.md#segmentation (Sepin et al. 2025, Methods)
CREATE OR REPLACE VIEW core.segmented_footprint AS
WITH main_country AS (
    SELECT
        prediction_id,
        arg_min(iso3, (-area_km2, iso3)) AS iso3
    FROM core.segmented_country_area
    GROUP BY prediction_id
)

SELECT
    segmented_polygon.prediction_id,
    segmented_polygon.year,
    main_country.iso3,
    country.country,
    country.continent AS region,
    segmented_polygon.area_km2,
    segmented_polygon.mean_probability,
    continuity.is_continuous,
    segmented_polygon.geometry
FROM core.segmented_polygon
INNER JOIN core.continuity ON segmented_polygon.prediction_id = continuity.prediction_id
LEFT JOIN main_country ON segmented_polygon.prediction_id = main_country.prediction_id
LEFT JOIN core.country ON main_country.iso3 = country.iso3
ORDER BY segmented_polygon.prediction_id;

COMMENT ON VIEW core.segmented_footprint IS
'Every polygon of every year with its country, and whether a neighbouring year confirms it.';
COMMENT ON COLUMN core.segmented_footprint.prediction_id IS 'Id of the polygon.';
COMMENT ON COLUMN core.segmented_footprint.year IS 'Year.';
COMMENT ON COLUMN core.segmented_footprint.iso3 IS 'Three-letter code of its country.';
COMMENT ON COLUMN core.segmented_footprint.country IS 'Name of its country.';
COMMENT ON COLUMN core.segmented_footprint.region IS 'Continent of its country.';
COMMENT ON COLUMN core.segmented_footprint.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.segmented_footprint.mean_probability IS 'Mean probability of mine inside, 0-1.';
COMMENT ON COLUMN core.segmented_footprint.is_continuous IS
'Whether a neighbouring year confirms it; NULL where that can''t be known.';
COMMENT ON COLUMN core.segmented_footprint.geometry IS 'Polygon, EPSG:4326.';
