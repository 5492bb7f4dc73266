-- core.country_part: the continent and the region of the study that every polygon of a country lies in.
--
-- Grain:   one row per source_id, part of raw.country.
-- Reads:   raw.country, core.country_cluster, core.country_mainland.
-- Stored:  yes, it compares what lies far from its country with all other countries.
-- Caveat:  what lies far from its country's mainland is on the continent of the nearest other country, by their boxes:
--          French Guiana is in South America. Open seas are no continent there.
-- Method:  docs/methods.md#continents (Sepin et al. 2025, Figure 3)
CREATE OR REPLACE VIEW core.country_part AS
WITH home AS (
    SELECT
        *,
        cluster IN (SELECT mainland.cluster FROM core.country_mainland AS mainland) AS is_mainland
    FROM core.country_cluster
),

away AS (
    SELECT
        one.cluster,
        arg_min(other.continent, (core.box_gap_km(one.box, other.box), -other.area_km2, other.cluster)) AS continent
    FROM home AS one
    INNER JOIN home AS other
        ON other.is_mainland AND one.iso3 <> other.iso3
    WHERE NOT one.is_mainland AND other.continent <> '' AND other.continent NOT ILIKE '%open ocean%'
    GROUP BY one.cluster
),

placed AS (
    SELECT
        country.source_id,
        country.part,
        country.iso3,
        coalesce(away.continent, country.continent) AS continent
    FROM raw.country
    INNER JOIN home
        ON
            country.iso3 = home.iso3
            AND coalesce(country.continent, '') = home.continent
            AND floor((ST_XMin(country.geometry) + ST_XMax(country.geometry)) / 10)::BIGINT = home.square_column
            AND floor((ST_YMin(country.geometry) + ST_YMax(country.geometry)) / 10)::BIGINT = home.square_row
    LEFT JOIN away ON home.cluster = away.cluster
)

SELECT
    source_id,
    part,
    iso3,
    continent,
    CASE
        WHEN continent IN ('North America', 'South America', 'Americas') THEN 'Americas'
        WHEN continent IN ('Asia', 'Oceania') THEN 'Asia and Oceania'
        ELSE continent
    END AS study_region
FROM placed
ORDER BY source_id, part;

COMMENT ON VIEW core.country_part IS
'The continent and the region of the study that every polygon of a country lies in.';
COMMENT ON COLUMN core.country_part.source_id IS 'Id of the feature in the country source.';
COMMENT ON COLUMN core.country_part.part IS 'Number of the polygon within its feature.';
COMMENT ON COLUMN core.country_part.iso3 IS 'Three-letter country code.';
COMMENT ON COLUMN core.country_part.continent IS 'Continent that it lies in; NULL where the file names none.';
COMMENT ON COLUMN core.country_part.study_region IS
'Americas, Asia and Oceania, or the continent (Sepin et al. 2025).';
