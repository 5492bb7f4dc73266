-- core.mine_country_area: each mine's area split at borders, so that the parts add up to the mine.
--
-- Grain:   one row per mine_id, iso3; iso3 is NULL for a mine far from any country.
-- Reads:   core.mine, core.mine_country, core.mine_country_overlap.
-- Stored:  yes.
-- Caveat:  what lies outside all countries (coastlines are generalised) counts for the mine's own country;
--          where outlines of countries overlap, the parts are scaled down to the mine's area.
-- Method:  docs/methods.md#countries
CREATE OR REPLACE VIEW core.mine_country_area AS
WITH covered AS (
    SELECT
        mine_id,
        sum(area_km2 ORDER BY iso3) AS area_km2
    FROM core.mine_country_overlap
    GROUP BY mine_id
),

own AS (
    SELECT
        mine.mine_id,
        mine.area_km2,
        mine_country.iso3,
        coalesce(covered.area_km2, 0) AS covered_km2,
        greatest(mine.area_km2 - coalesce(covered.area_km2, 0), 0) AS outside_km2
    FROM core.mine
    LEFT JOIN core.mine_country ON mine.mine_id = mine_country.mine_id
    LEFT JOIN covered ON mine.mine_id = covered.mine_id
),

split AS (
    SELECT
        own.mine_id,
        overlap.iso3,
        overlap.area_km2 * least(1, own.area_km2 / own.covered_km2)
        + CASE WHEN overlap.iso3 = own.iso3 THEN own.outside_km2 ELSE 0 END AS area_km2
    FROM own
    INNER JOIN core.mine_country_overlap AS overlap ON own.mine_id = overlap.mine_id

    UNION ALL

    SELECT
        mine_id,
        iso3,
        area_km2
    FROM own
    WHERE covered_km2 = 0
)

SELECT
    mine_id,
    iso3,
    area_km2
FROM split
ORDER BY mine_id, iso3;

COMMENT ON VIEW core.mine_country_area IS
'Each mine''s area split at borders, so that the parts add up to the mine.';
COMMENT ON COLUMN core.mine_country_area.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.mine_country_area.iso3 IS 'Three-letter country code; NULL far from any country.';
COMMENT ON COLUMN core.mine_country_area.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
