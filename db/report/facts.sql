-- facts: what the first screen of the report says of a database, or of the mines of $iso3 in it.
--
-- Grain:   one row.
WITH here AS (
    FROM mine
    WHERE $iso3 IS NULL OR iso3 = $iso3
),

covered AS (
    SELECT
        count(*) AS n_asked,
        count(*) FILTER (coverage.data_km2 > 0) AS n_covered
    FROM mine_landcover_coverage AS coverage
    INNER JOIN here ON coverage.mine_id = here.mine_id
)

SELECT
    (SELECT kind FROM core.protected_kind) AS protected_kind,
    coalesce((SELECT is_kba FROM core.protected_kind), FALSE) AS is_kba,
    (SELECT reason FROM core.bare_surface_gap) AS bare_gap,
    (SELECT count(*) FROM here) AS n_mines,
    (SELECT coalesce(sum(area_km2), 0) FROM here) AS area_km2,
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
    (SELECT sample_high FROM validation_overall) AS accuracy_high;
