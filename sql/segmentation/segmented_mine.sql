-- segmented_mine: the mine in every year, over all yearly tables, overlaps united.
--
-- Grain:   one row per prediction_id.
-- Reads:   core.segmented_footprint.
-- Caveat:  all polygons are here; those with is_continuous = false are what the continuity rule takes out. In the
--          last year that is all new mining apart from older mining, since no later year can confirm it: keep it
--          with continuity_ends = 'open', or leave the last year out.
-- Method:  docs/methods.md#segmentation (Sepin et al. 2025)
CREATE OR REPLACE VIEW segmented_mine AS
SELECT
    prediction_id,
    year,
    iso3,
    country,
    region,
    area_km2,
    mean_probability,
    is_continuous,
    geometry
FROM core.segmented_footprint;

COMMENT ON VIEW segmented_mine IS 'The mine in every year, over all yearly tables, overlaps united.';
COMMENT ON COLUMN segmented_mine.prediction_id IS 'Id of the polygon: the smallest of those it was united from.';
COMMENT ON COLUMN segmented_mine.year IS 'Year.';
COMMENT ON COLUMN segmented_mine.iso3 IS 'Three-letter code of the country with most of its area; NULL outside all.';
COMMENT ON COLUMN segmented_mine.country IS 'Name of that country.';
COMMENT ON COLUMN segmented_mine.region IS 'Continent of that country.';
COMMENT ON COLUMN segmented_mine.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN segmented_mine.mean_probability IS
'Mean probability of mine inside, 0-1; NULL for footprints made elsewhere without one.';
COMMENT ON COLUMN segmented_mine.is_continuous IS
'Whether a polygon of a neighbouring year in which it was seen meets it; NULL where that can''t be known.';
COMMENT ON COLUMN segmented_mine.geometry IS 'Polygon, EPSG:4326.';
