-- core.reclamation_wait: years from development to reclamation of each mine's ground, median over area.
--
-- Grain:   one row per mine_id with ground that was developed and later reclaimed.
-- Reads:   core.landcover_episode.
-- Method:  docs/methods.md#timeline
CREATE OR REPLACE VIEW core.reclamation_wait AS
WITH waited AS (
    SELECT
        mine_id,
        reclaimed_year - developed_year AS years,
        core.reproducible_sum(area_km2) AS area_km2
    FROM core.landcover_episode
    WHERE reclaimed_year IS NOT NULL
    GROUP BY ALL
),

ranked AS (
    SELECT
        mine_id,
        years,
        sum(area_km2) OVER (PARTITION BY mine_id ORDER BY years) AS area_so_far_km2
    FROM waited
),

with_whole AS (
    SELECT
        *,
        max(area_so_far_km2) OVER (PARTITION BY mine_id) AS area_km2
    FROM ranked
)

SELECT
    mine_id,
    min(years) AS median_years_to_reclaim
FROM with_whole
WHERE 2 * area_so_far_km2 >= area_km2
GROUP BY mine_id;

COMMENT ON VIEW core.reclamation_wait IS
'Years from development to reclamation of each mine''s ground, median over area.';
COMMENT ON COLUMN core.reclamation_wait.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.reclamation_wait.median_years_to_reclaim IS
'Years after which half of the ground that came back was vegetated again.';
