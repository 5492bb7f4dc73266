-- footprint: the mine in every year, over all yearly tables, overlaps united.
--
-- Grain:   one row per footprint_id; each threshold has its own.
-- Reads:   core.footprint_placed.
-- Caveat:  all polygons are here; those with is_continuous = false are what the continuity rule takes out. In the
--          last year that is all new mining apart from older mining, since no later year can confirm it: keep it
--          with continuity_ends = 'open', or leave the last year out.
-- Method:  docs/methods.md#segmentation (Sepin et al. 2025)
CREATE OR REPLACE VIEW footprint AS
SELECT
    footprint_id,
    year,
    threshold,
    is_main_threshold,
    iso3,
    country,
    region,
    area_km2,
    reported_km2,
    mean_probability,
    is_continuous,
    is_new_site,
    geometry
FROM core.footprint_placed;

COMMENT ON VIEW footprint IS 'The mine in every year, over all yearly tables, overlaps united.';
COMMENT ON COLUMN footprint.footprint_id IS 'Id of the polygon: the smallest of those it was united from.';
COMMENT ON COLUMN footprint.year IS 'Year.';
COMMENT ON COLUMN footprint.threshold IS
'Probability from which a pixel is mine, 0-1; NULL where the project segments nothing itself.';
COMMENT ON COLUMN footprint.is_main_threshold IS 'Whether that is the project''s main threshold.';
COMMENT ON COLUMN footprint.iso3 IS 'Three-letter code of the country with most of its area; NULL outside all.';
COMMENT ON COLUMN footprint.country IS 'Name of that country.';
COMMENT ON COLUMN footprint.region IS 'Americas, Asia and Oceania, or the continent that most of it lies on.';
COMMENT ON COLUMN footprint.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN footprint.reported_km2 IS
'Area of the mine as its publisher reports it, km2; NULL where none is reported.';
COMMENT ON COLUMN footprint.mean_probability IS
'Mean probability of mine inside, 0-1; NULL for footprints made elsewhere without one.';
COMMENT ON COLUMN footprint.is_continuous IS
'Whether a polygon of a neighbouring year in which it was seen meets it; NULL where that can''t be known.';
COMMENT ON COLUMN footprint.is_new_site IS 'Whether it meets the square of no known site.';
COMMENT ON COLUMN footprint.geometry IS 'Polygon, EPSG:4326.';
