-- place_exposure: the nearest mine of each place, and mine area within some distances of it, in all and by year.
--
-- Grain:   one row per layer, place_id, year; year NULL: the final mines, which are those of all years.
-- Reads:   core.place_year, raw.place, raw.place_nearest, raw.place_overlap.
-- Caveat:  distances are geodesic. Rows with a year are of the footprints of that year: zero is measured, NULL unknown,
--          where none of the mines around was segmented. The radii are those of the parameter place_radii_km.
-- Method:  docs/methods.md#exposure
CREATE OR REPLACE VIEW place_exposure AS
WITH within AS (
    SELECT
        layer,
        place_id,
        year,
        core.reproducible_sum(CASE WHEN radius_km = 5.0 THEN area_km2 END) AS within_5km,
        core.reproducible_sum(CASE WHEN radius_km = 10.0 THEN area_km2 END) AS within_10km,
        core.reproducible_sum(CASE WHEN radius_km = 20.0 THEN area_km2 END) AS within_20km
    FROM raw.place_overlap
    GROUP BY layer, place_id, year
)

SELECT
    place_year.layer,
    place_year.place_id,
    place.place_name,
    place_year.year,
    nearest.outline_id AS nearest_mine_id,
    nearest.distance_km AS nearest_mine_km,
    CASE WHEN place_year.is_known THEN coalesce(within.within_5km, 0) END AS mine_area_within_5km,
    CASE WHEN place_year.is_known THEN coalesce(within.within_10km, 0) END AS mine_area_within_10km,
    CASE WHEN place_year.is_known THEN coalesce(within.within_20km, 0) END AS mine_area_within_20km
FROM core.place_year
INNER JOIN raw.place ON place_year.layer = place.layer AND place_year.place_id = place.place_id
LEFT JOIN raw.place_nearest AS nearest
    ON
        place_year.layer = nearest.layer
        AND place_year.place_id = nearest.place_id
        AND place_year.year IS NOT DISTINCT FROM nearest.year
LEFT JOIN within
    ON
        place_year.layer = within.layer
        AND place_year.place_id = within.place_id
        AND place_year.year IS NOT DISTINCT FROM within.year
ORDER BY place_year.layer, place_year.place_id, place_year.year NULLS FIRST;

COMMENT ON VIEW place_exposure IS
'The nearest mine of each place, and mine area within some distances of it, in all and by year.';
COMMENT ON COLUMN place_exposure.layer IS 'Name of the source in the project file.';
COMMENT ON COLUMN place_exposure.place_id IS 'Id of the place in its source.';
COMMENT ON COLUMN place_exposure.place_name IS 'Name of the place.';
COMMENT ON COLUMN place_exposure.year IS 'Year of the footprints; NULL for the final mines.';
COMMENT ON COLUMN place_exposure.nearest_mine_id IS 'Nearest mine (footprint_id in rows with a year).';
COMMENT ON COLUMN place_exposure.nearest_mine_km IS 'Geodesic distance to it, km; 0 inside.';
COMMENT ON COLUMN place_exposure.mine_area_within_5km IS 'Mine area within 5 km, km2; NULL where unknown.';
COMMENT ON COLUMN place_exposure.mine_area_within_10km IS 'Mine area within 10 km, km2; NULL where unknown.';
COMMENT ON COLUMN place_exposure.mine_area_within_20km IS 'Mine area within 20 km, km2; NULL where unknown.';
