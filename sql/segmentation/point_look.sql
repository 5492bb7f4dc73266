-- core.point_look: the labelled points that each data set has looked at.
--
-- Grain:   one row per dataset, point_id.
-- Reads:   raw.point, core.point_place, core.seen_country, core.site_seen, mine_source, core.mine_country,
--          raw.point_probability.
-- Stored:  yes, it asks of every point and data set, and the scores read it several times.
-- Caveat:  a polygon source, or a footprint made elsewhere, does not say how far it looked: it counts as having looked
--          at the countries where it has a polygon, a footprint in each of its years. footprint also looked at points
--          in a square that was seen in their year, which gives them a probability.
-- Method:  docs/methods.md#segmentation (Sepin et al. 2025, Figures 5 and S4)
CREATE OR REPLACE VIEW core.point_look AS
WITH source_country AS (
    SELECT DISTINCT
        mine_source.source,
        mine_country.iso3
    FROM main.mine_source
    LEFT JOIN core.mine_country ON mine_source.mine_id = mine_country.mine_id
),

source_point AS (
    SELECT DISTINCT
        source_country.source,
        point_place.point_id
    FROM core.point_place
    INNER JOIN source_country ON point_place.iso3 IS NOT DISTINCT FROM source_country.iso3
),

looked AS (
    SELECT
        source AS dataset,
        point_id
    FROM source_point

    UNION

    SELECT
        'union' AS dataset,
        point_id
    FROM source_point

    UNION

    SELECT
        'footprint' AS dataset,
        point_probability.point_id
    FROM raw.point_probability
    INNER JOIN raw.point ON point_probability.point_id = point.point_id
    INNER JOIN core.site_seen
        ON point_probability.site_id = site_seen.site_id AND point.year = site_seen.year
    WHERE site_seen.status = 'done'

    UNION

    SELECT
        'footprint' AS dataset,
        point.point_id
    FROM raw.point
    INNER JOIN core.point_place ON point.point_id = point_place.point_id
    INNER JOIN core.site_seen ON point.year = site_seen.year
    INNER JOIN core.seen_country
        ON
            site_seen.dataset = seen_country.dataset
            AND point_place.iso3 IS NOT DISTINCT FROM seen_country.iso3
    WHERE
        site_seen.status = 'done'
        AND site_seen.site_id IS NULL
        AND seen_country.site_id IS NULL
)

SELECT
    dataset,
    point_id
FROM looked
ORDER BY dataset, point_id;

COMMENT ON VIEW core.point_look IS 'The labelled points that each data set has looked at.';
COMMENT ON COLUMN core.point_look.dataset IS 'union, a polygon source, or footprint.';
COMMENT ON COLUMN core.point_look.point_id IS 'Id of the point.';
