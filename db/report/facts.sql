-- facts: what the first screen of the report says of a database, or of region $region_id of $layer in it.
--
-- Grain:   one row.
WITH here AS (
    SELECT mine_id
    FROM mine
    WHERE $layer IS NULL
    UNION ALL
    SELECT mine_id
    FROM region_overlap
    WHERE layer = $layer AND region_id = $region_id
),

covered AS (
    SELECT
        count(*) AS n_asked,
        count(*) FILTER (coverage.data_km2 > 0) AS n_covered
    FROM mine_landcover_coverage AS coverage
    INNER JOIN here ON coverage.mine_id = here.mine_id
),

ranked AS (
    SELECT
        region_id,
        mine_area_km2,
        mine_share_of_region,
        rank() OVER (ORDER BY mine_area_km2 DESC) AS area_rank,
        count(*) FILTER (mine_area_km2 > 0) OVER () AS n_regions
    FROM region_summary
    WHERE layer = $layer
)

SELECT
    (SELECT kind FROM core.protected_kind) AS protected_kind,
    coalesce((SELECT is_kba FROM core.protected_kind), FALSE) AS is_kba,
    (SELECT reason FROM core.bare_surface_gap) AS bare_gap,
    (SELECT count(*) FROM here) AS n_mines,
    coalesce(ranked.mine_area_km2, world.area_km2, 0) AS area_km2,
    world.area_km2 AS world_km2,
    ranked.mine_share_of_region AS share_of_region,
    ranked.area_rank,
    ranked.n_regions,
    (SELECT count(*) FROM country_summary) AS n_countries,
    (SELECT CASE WHEN n_asked > 0 THEN n_covered END FROM covered) AS n_covered,
    (SELECT min(year) FROM landcover_epoch) AS landcover_first,
    (SELECT max(year) FROM landcover_epoch) AS landcover_last,
    (SELECT min(year) FROM mine_indicator_yearly WHERE indicator <> 'bsp') AS indicator_first,
    (SELECT max(year) FROM mine_indicator_yearly WHERE indicator <> 'bsp') AS indicator_last,
    (SELECT min(year) FROM footprint) AS segmented_first,
    (SELECT max(year) FROM footprint) AS segmented_last,
    (SELECT n FROM validation_overall) AS n_samples,
    (SELECT tolerance_years FROM validation_overall) AS tolerance_years,
    (SELECT sample_accuracy FROM validation_overall) AS accuracy,
    (SELECT sample_low FROM validation_overall) AS accuracy_low,
    (SELECT sample_high FROM validation_overall) AS accuracy_high
FROM (SELECT sum(mine.area_km2) AS area_km2 FROM mine) AS world
LEFT JOIN ranked ON ranked.region_id = $region_id;
