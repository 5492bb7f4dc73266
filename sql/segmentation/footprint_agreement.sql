-- footprint_agreement: the segmented footprint against mine-related land cover, inside each mine.
--
-- Grain:   one row per mine_id and year in which the mine was segmented and any of its land cover is known.
-- Reads:   core.mine, core.mine_country, core.seen_country, core.footprint_mine, core.site_seen,
--          raw.footprint_trajectory, raw.landcover_epoch, core.landcover_state, core.landcover_surface,
--          core.bare_surface_gap.
-- Caveat:  only ground inside the final mine whose land cover is known in that year is compared. A source made
--          elsewhere looks at the mines of the countries where it ever has a polygon. Pixels are as large as the land
--          cover's, counted by the share that the footprint covers. iou is NULL where neither has any area. Empty
--          where the land cover has no mine-related class.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW footprint_agreement AS
WITH source_year AS (
    SELECT DISTINCT
        seen_country.iso3,
        site_seen.year
    FROM core.seen_country
    INNER JOIN core.site_seen ON seen_country.dataset = site_seen.dataset
    WHERE
        seen_country.site_id IS NULL
        AND site_seen.site_id IS NULL
        AND site_seen.status = 'done'
),

seen AS (
    SELECT
        site_seen.site_id AS mine_id,
        site_seen.year
    FROM core.site_seen
    WHERE site_seen.status = 'done' AND site_seen.site_id IS NOT NULL

    UNION

    SELECT
        mine.mine_id,
        source_year.year
    FROM core.mine
    LEFT JOIN core.mine_country ON mine.mine_id = mine_country.mine_id
    INNER JOIN source_year ON mine_country.iso3 IS NOT DISTINCT FROM source_year.iso3
),

under AS (
    SELECT
        trajectory.mine_id,
        trajectory.footprint_year AS year,
        core.reproducible_sum(trajectory.area_km2) AS known_km2,
        core.reproducible_sum(CASE WHEN state.is_mine_related THEN trajectory.area_km2 END) AS both_km2
    FROM raw.footprint_trajectory AS trajectory
    INNER JOIN raw.landcover_epoch ON trajectory.footprint_year = landcover_epoch.year
    INNER JOIN core.landcover_state AS state
        ON trajectory.classes[landcover_epoch.position] = state.code
    GROUP BY trajectory.mine_id, trajectory.footprint_year
),

compared AS (
    SELECT
        seen.mine_id,
        seen.year,
        CASE
            WHEN under.known_km2 IS NOT NULL THEN least(footprint_mine.area_km2, under.known_km2)
            ELSE 0
        END AS segmented_km2,
        surface.mine_related_km2,
        coalesce(under.both_km2, 0) AS both_km2
    FROM seen
    INNER JOIN core.landcover_surface AS surface
        ON seen.mine_id = surface.mine_id AND seen.year = surface.year
    CROSS JOIN core.bare_surface_gap AS gap
    LEFT JOIN core.footprint_mine
        ON seen.mine_id = footprint_mine.mine_id AND seen.year = footprint_mine.year
    LEFT JOIN under ON seen.mine_id = under.mine_id AND seen.year = under.year
    WHERE gap.reason IS NULL AND surface.known_km2 > 0
)

SELECT
    mine_id,
    year,
    segmented_km2,
    mine_related_km2,
    both_km2,
    both_km2 / nullif(segmented_km2 + mine_related_km2 - both_km2, 0) AS iou
FROM compared;

COMMENT ON VIEW footprint_agreement IS
'The segmented footprint against mine-related land cover, inside each mine.';
COMMENT ON COLUMN footprint_agreement.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN footprint_agreement.year IS 'Year.';
COMMENT ON COLUMN footprint_agreement.segmented_km2 IS
'Area of the footprint inside the mine where its land cover is known, km2.';
COMMENT ON COLUMN footprint_agreement.mine_related_km2 IS 'Area of mine-related land cover in the mine, km2.';
COMMENT ON COLUMN footprint_agreement.both_km2 IS 'Area that is both, km2.';
COMMENT ON COLUMN footprint_agreement.iou IS 'Intersection over union of the two, 0-1.';
