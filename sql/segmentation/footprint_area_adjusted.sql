-- footprint_area_adjusted: area of mining by labelled points that were drawn from strata, beside the footprint's.
--
-- Grain:   one row per source of points, year; only where the points name their strata.
-- Reads:   core.stratified_point, footprint.
-- Caveat:  the strata must make up the ground that is asked about; footprint_km2 is all that was segmented in the
--          year, inside and outside of them. Points of one place are one cluster. A stratum without a mine among few
--          points still adds to the interval what they can't rule out.
-- Method:  docs/methods.md#intervals (Olofsson et al. 2014; Zou and Donner 2008)
CREATE OR REPLACE VIEW footprint_area_adjusted AS
WITH place AS (
    SELECT
        source,
        year,
        stratum,
        any_value(stratum_km2) AS stratum_km2,
        place_key,
        sum(is_mine::INTEGER) AS n_mine,
        count(*) AS n,
        sum(sum(is_mine::INTEGER)) OVER whole / sum(count(*)) OVER whole AS mine_share
    FROM core.stratified_point
    GROUP BY source, year, stratum, place_key
    WINDOW whole AS (PARTITION BY source, year, stratum)
),

stratum AS (
    SELECT
        source,
        year,
        stratum,
        any_value(stratum_km2) AS stratum_km2,
        any_value(mine_share) AS mine_share,
        sum(n)::BIGINT AS n_points,
        count(*) AS n_places,
        sqrt(
            core.reproducible_sum(power(n_mine - n * mine_share, 2)) * count(*) / nullif(count(*) - 1, 0)
        ) / sum(n) AS share_se
    FROM place
    GROUP BY source, year, stratum
),

estimate AS (
    SELECT
        source,
        year,
        sum(n_points)::BIGINT AS n_points,
        count(*) AS n_strata,
        core.reproducible_sum(stratum_km2) AS strata_km2,
        core.reproducible_sum(stratum_km2 * mine_share) AS area_km2,
        CASE
            WHEN count(*) = count(share_se) THEN sqrt(core.reproducible_sum(power(stratum_km2 * share_se, 2)))
        END AS area_se_km2,
        sqrt(core.reproducible_sum(power(
            stratum_km2 * (mine_share - wilson_low(mine_share, core.effective_n(mine_share, share_se, n_places))), 2
        ))) AS below_km2,
        sqrt(core.reproducible_sum(power(
            stratum_km2 * (wilson_high(mine_share, core.effective_n(mine_share, share_se, n_places)) - mine_share), 2
        ))) AS above_km2
    FROM stratum
    GROUP BY source, year
),

segmented AS (
    SELECT
        year,
        core.reproducible_sum(area_km2) AS footprint_km2
    FROM footprint
    WHERE is_main_threshold AND is_continuous IS DISTINCT FROM FALSE
    GROUP BY year
)

SELECT
    estimate.source,
    estimate.year,
    estimate.n_points,
    estimate.n_strata,
    estimate.strata_km2,
    estimate.area_km2,
    estimate.area_se_km2,
    greatest(estimate.area_km2 - estimate.below_km2, 0) AS area_low_km2,
    least(estimate.area_km2 + estimate.above_km2, estimate.strata_km2) AS area_high_km2,
    segmented.footprint_km2
FROM estimate
LEFT JOIN segmented ON estimate.year = segmented.year
ORDER BY estimate.source, estimate.year;

COMMENT ON VIEW footprint_area_adjusted IS
'Area of mining by labelled points that were drawn from strata, beside the footprint''s.';
COMMENT ON COLUMN footprint_area_adjusted.source IS 'Source of the points.';
COMMENT ON COLUMN footprint_area_adjusted.year IS 'Year of the points.';
COMMENT ON COLUMN footprint_area_adjusted.n_points IS 'Number of points.';
COMMENT ON COLUMN footprint_area_adjusted.n_strata IS 'Number of strata with points.';
COMMENT ON COLUMN footprint_area_adjusted.strata_km2 IS 'Area of these strata, km2.';
COMMENT ON COLUMN footprint_area_adjusted.area_km2 IS 'Area of mining in them by the points, km2.';
COMMENT ON COLUMN footprint_area_adjusted.area_se_km2 IS
'Its standard error, km2; NULL where a stratum has one place only.';
COMMENT ON COLUMN footprint_area_adjusted.area_low_km2 IS 'Lower end of its 95 % interval, km2.';
COMMENT ON COLUMN footprint_area_adjusted.area_high_km2 IS 'Upper end of its 95 % interval, km2.';
COMMENT ON COLUMN footprint_area_adjusted.footprint_km2 IS
'Area of all footprints of the year, km2; NULL without any.';
