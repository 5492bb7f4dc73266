-- region_disturbance_yearly: development and reclamation of each cover type in every region, by year.
--
-- Grain:   one row per layer, region_id, year, cover_type where either is above zero.
-- Reads:   core.mine_piece_place, core.piece_disturbance, core.cover_type.
-- Caveat:  what changed between epochs several years apart is spread evenly over those years. Of the cover types those
--          with is_in_totals add up to developed_km2 and reclaimed_km2 of region_yearly.
-- Method:  docs/methods.md#regions
CREATE OR REPLACE VIEW region_disturbance_yearly AS
WITH yearly AS (
    SELECT
        place.layer,
        place.region_id,
        unnest(range(disturbance.year_from + 1, disturbance.year_to + 1))::INTEGER AS year,
        disturbance.cover_type,
        disturbance.developed_km2 * place.share / (disturbance.year_to - disturbance.year_from) AS developed_km2,
        disturbance.reclaimed_km2 * place.share / (disturbance.year_to - disturbance.year_from) AS reclaimed_km2
    FROM core.mine_piece_place AS place
    INNER JOIN core.piece_disturbance AS disturbance ON place.piece_id = disturbance.piece_id
)

SELECT
    yearly.layer,
    yearly.region_id,
    yearly.year,
    yearly.cover_type,
    cover_type.is_in_totals,
    core.reproducible_sum(yearly.developed_km2) AS developed_km2,
    core.reproducible_sum(yearly.reclaimed_km2) AS reclaimed_km2
FROM yearly
INNER JOIN core.cover_type ON yearly.cover_type = cover_type.cover_type
GROUP BY yearly.layer, yearly.region_id, yearly.year, yearly.cover_type, cover_type.is_in_totals
ORDER BY yearly.layer, yearly.region_id, yearly.year, yearly.cover_type;

COMMENT ON VIEW region_disturbance_yearly IS
'Development and reclamation of each cover type in every region, by year.';
COMMENT ON COLUMN region_disturbance_yearly.layer IS 'Region layer.';
COMMENT ON COLUMN region_disturbance_yearly.region_id IS 'Id of the region in its layer.';
COMMENT ON COLUMN region_disturbance_yearly.year IS 'Calendar year.';
COMMENT ON COLUMN region_disturbance_yearly.cover_type IS 'Cover type lost by development or won by reclamation.';
COMMENT ON COLUMN region_disturbance_yearly.is_in_totals IS
'Whether totals count it: the study''s five cover types, unless cover_types_apart says otherwise.';
COMMENT ON COLUMN region_disturbance_yearly.developed_km2 IS 'Area from vegetated to mine-related in that year, km2.';
COMMENT ON COLUMN region_disturbance_yearly.reclaimed_km2 IS 'Area from mine-related to vegetated in that year, km2.';
