-- core.footprint_place: where the area of every footprint counts.
--
-- Grain:   one row per footprint_id, layer, region_id.
-- Reads:   core.footprint_piece_region.
-- Caveat:  ground that several countries claim is shared out evenly among them; ground outside all counts for none.
-- Method:  docs/methods.md#countries
CREATE OR REPLACE VIEW core.footprint_place AS
WITH shared AS (
    SELECT
        footprint_id,
        layer,
        region_id,
        CASE
            WHEN layer IN ('country', 'continent', 'study_region')
                THEN area_km2 / count(*) OVER (PARTITION BY piece_id, layer)
            ELSE area_km2
        END AS area_km2
    FROM core.footprint_piece_region
)

SELECT
    footprint_id,
    layer,
    region_id,
    core.reproducible_sum(area_km2) AS area_km2
FROM shared
GROUP BY footprint_id, layer, region_id;

COMMENT ON VIEW core.footprint_place IS 'Where the area of every footprint counts.';
COMMENT ON COLUMN core.footprint_place.footprint_id IS 'Id of the polygon.';
COMMENT ON COLUMN core.footprint_place.layer IS 'Region layer.';
COMMENT ON COLUMN core.footprint_place.region_id IS 'Id of the region in its layer.';
COMMENT ON COLUMN core.footprint_place.area_km2 IS 'Area that counts there, km2, on the WGS84 ellipsoid.';
