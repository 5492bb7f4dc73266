-- core.region_disturbance: development and reclamation of each region, by year and cover type.
--
-- Grain:   one row per layer, region_id, year, cover_type where either is above zero.
-- Reads:   core.mine_piece_place, core.piece_disturbance, core.cover_type.
-- Stored:  yes, it adds up the changes of every piece, and the panels, countries and continents read it.
-- Caveat:  what changed between epochs several years apart is spread evenly over those years. Areas are added as whole
--          square millimetres, so that no order of rows changes a sum.
-- Method:  docs/methods.md#transitions (Xu et al. 2025, section 3.2)
CREATE OR REPLACE VIEW core.region_disturbance AS
WITH change AS (
    SELECT
        place.layer,
        place.region_id,
        disturbance.year_from,
        disturbance.year_to,
        disturbance.cover_type,
        sum(round(disturbance.developed_km2 * place.share * 1e12)::BIGINT)::DOUBLE / 1e12 AS developed_km2,
        sum(round(disturbance.reclaimed_km2 * place.share * 1e12)::BIGINT)::DOUBLE / 1e12 AS reclaimed_km2,
        sum(round(disturbance.developed_dry_km2 * place.share * 1e12)::BIGINT)::DOUBLE / 1e12 AS developed_dry_km2,
        sum(round(disturbance.reclaimed_dry_km2 * place.share * 1e12)::BIGINT)::DOUBLE / 1e12 AS reclaimed_dry_km2
    FROM core.mine_piece_place AS place
    INNER JOIN core.piece_disturbance AS disturbance ON place.piece_id = disturbance.piece_id
    GROUP BY
        place.layer, place.region_id, disturbance.year_from, disturbance.year_to, disturbance.cover_type
)

SELECT
    change.layer,
    change.region_id,
    unnest(range(change.year_from + 1, change.year_to + 1))::INTEGER AS year,
    change.cover_type,
    cover_type.is_in_totals,
    change.developed_km2 / (change.year_to - change.year_from) AS developed_km2,
    change.reclaimed_km2 / (change.year_to - change.year_from) AS reclaimed_km2,
    change.developed_dry_km2 / (change.year_to - change.year_from) AS developed_dry_km2,
    change.reclaimed_dry_km2 / (change.year_to - change.year_from) AS reclaimed_dry_km2
FROM change
INNER JOIN core.cover_type ON change.cover_type = cover_type.cover_type
ORDER BY change.layer, change.region_id, year, change.cover_type;

COMMENT ON VIEW core.region_disturbance IS
'Development and reclamation of each region, by year and cover type.';
COMMENT ON COLUMN core.region_disturbance.layer IS 'Region layer.';
COMMENT ON COLUMN core.region_disturbance.region_id IS 'Id of the region in its layer.';
COMMENT ON COLUMN core.region_disturbance.year IS 'Calendar year.';
COMMENT ON COLUMN core.region_disturbance.cover_type IS 'Cover type lost by development or won by reclamation.';
COMMENT ON COLUMN core.region_disturbance.is_in_totals IS
'Whether totals over cover types count it (parameter cover_types_apart).';
COMMENT ON COLUMN core.region_disturbance.developed_km2 IS
'Area from vegetated to mine-related, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.region_disturbance.reclaimed_km2 IS
'Area from mine-related to vegetated, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.region_disturbance.developed_dry_km2 IS
'Of developed_km2, what did not become water, km2.';
COMMENT ON COLUMN core.region_disturbance.reclaimed_dry_km2 IS
'Of reclaimed_km2, what had not been water, km2.';
