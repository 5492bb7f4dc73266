-- core.footprint_placed: every polygon of every year with its country, and whether a neighbouring year confirms it.
--
-- Grain:   one row per footprint_id.
-- Reads:   core.footprint_united, core.footprint_region, core.country, core.footprint_threshold,
--          core.footprint_known.
-- Layers:  country, study_region.
-- Stored:  yes, every public view of footprints reads it.
-- Caveat:  the country is the one with most of the area; NULL outside all countries.
-- Method:  docs/methods.md#segmentation (Sepin et al. 2025, Methods)
CREATE OR REPLACE VIEW core.footprint_placed AS
WITH place AS (
    SELECT
        footprint_id,
        max(CASE WHEN layer = 'country' THEN region_id END) AS iso3,
        max(CASE WHEN layer = 'study_region' THEN region_id END) AS study_region
    FROM core.footprint_region
    WHERE is_main AND layer IN ('country', 'study_region')
    GROUP BY footprint_id
)

SELECT
    footprint_united.footprint_id,
    footprint_united.year,
    footprint_united.threshold,
    series.is_main AS is_main_threshold,
    place.iso3,
    country.country,
    place.study_region AS region,
    footprint_united.area_km2,
    footprint_united.reported_km2,
    footprint_united.mean_probability,
    footprint_united.is_continuous,
    footprint_known.footprint_id IS NULL AS is_new_site,
    footprint_united.geometry
FROM core.footprint_united
INNER JOIN core.footprint_threshold AS series ON footprint_united.threshold IS NOT DISTINCT FROM series.threshold
LEFT JOIN place ON footprint_united.footprint_id = place.footprint_id
LEFT JOIN core.country ON place.iso3 = country.iso3
LEFT JOIN core.footprint_known ON footprint_united.footprint_id = footprint_known.footprint_id
ORDER BY footprint_united.footprint_id;

COMMENT ON VIEW core.footprint_placed IS
'Every polygon of every year with its country, and whether a neighbouring year confirms it.';
COMMENT ON COLUMN core.footprint_placed.footprint_id IS 'Id of the polygon.';
COMMENT ON COLUMN core.footprint_placed.year IS 'Year.';
COMMENT ON COLUMN core.footprint_placed.threshold IS 'Threshold that it stands beside, 0-1.';
COMMENT ON COLUMN core.footprint_placed.is_main_threshold IS
'Whether that is the one that tables of one threshold take.';
COMMENT ON COLUMN core.footprint_placed.iso3 IS 'Three-letter code of its country.';
COMMENT ON COLUMN core.footprint_placed.country IS 'Name of its country.';
COMMENT ON COLUMN core.footprint_placed.region IS 'Region of the study that it lies in.';
COMMENT ON COLUMN core.footprint_placed.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.footprint_placed.reported_km2 IS
'Area of the mine as its publisher reports it, km2; NULL where none is reported.';
COMMENT ON COLUMN core.footprint_placed.mean_probability IS 'Mean probability of mine inside, 0-1.';
COMMENT ON COLUMN core.footprint_placed.is_continuous IS
'Whether a neighbouring year confirms it; NULL where that can''t be known.';
COMMENT ON COLUMN core.footprint_placed.is_new_site IS 'Whether it meets the square of no known site.';
COMMENT ON COLUMN core.footprint_placed.geometry IS 'Polygon, EPSG:4326.';
