-- core.region_landcover_yearly: bare surface, development and reclamation of each region, by year.
--
-- Grain:   one row per layer, region_id, year in which land cover is known of any of its mines.
-- Reads:   core.mine_piece_place, core.piece_surface_yearly, core.region_disturbance.
-- Stored:  yes, it adds up every piece in every year.
-- Caveat:  areas are added as whole square millimetres, so that no order of rows changes a sum.
-- Method:  docs/methods.md#regions
CREATE OR REPLACE VIEW core.region_landcover_yearly AS
WITH surface AS (
    SELECT
        place.layer,
        place.region_id,
        yearly.year,
        sum(round(yearly.known_km2 * place.share * 1e12)::BIGINT)::DOUBLE / 1e12 AS known_km2,
        sum(round(yearly.mine_related_km2 * place.share * 1e12)::BIGINT)::DOUBLE / 1e12 AS mine_related_km2
    FROM core.mine_piece_place AS place
    INNER JOIN core.piece_surface_yearly AS yearly ON place.piece_id = yearly.piece_id
    GROUP BY place.layer, place.region_id, yearly.year
),

disturbance AS (
    SELECT
        layer,
        region_id,
        year,
        core.reproducible_sum(developed_km2) AS developed_km2,
        core.reproducible_sum(reclaimed_km2) AS reclaimed_km2
    FROM core.region_disturbance
    WHERE is_in_totals
    GROUP BY layer, region_id, year
)

SELECT
    surface.layer,
    surface.region_id,
    surface.year,
    surface.known_km2,
    surface.mine_related_km2,
    coalesce(disturbance.developed_km2, 0) AS developed_km2,
    coalesce(disturbance.reclaimed_km2, 0) AS reclaimed_km2
FROM surface
LEFT JOIN disturbance
    ON
        surface.layer = disturbance.layer
        AND surface.region_id = disturbance.region_id
        AND surface.year = disturbance.year
ORDER BY surface.layer, surface.region_id, surface.year;

COMMENT ON VIEW core.region_landcover_yearly IS
'Bare surface, development and reclamation of each region, by year.';
COMMENT ON COLUMN core.region_landcover_yearly.layer IS 'Region layer.';
COMMENT ON COLUMN core.region_landcover_yearly.region_id IS 'Id of the region in its layer.';
COMMENT ON COLUMN core.region_landcover_yearly.year IS 'Calendar year.';
COMMENT ON COLUMN core.region_landcover_yearly.known_km2 IS 'Mine area with land cover, km2.';
COMMENT ON COLUMN core.region_landcover_yearly.mine_related_km2 IS 'Area of mine-related classes in mines, km2.';
COMMENT ON COLUMN core.region_landcover_yearly.developed_km2 IS 'Area from vegetated to mine-related, km2.';
COMMENT ON COLUMN core.region_landcover_yearly.reclaimed_km2 IS 'Area from mine-related to vegetated, km2.';
