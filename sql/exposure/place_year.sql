-- core.place_year: whether anybody looked at the mines around each place, by year; year NULL: the final mines.
--
-- Grain:   one row per layer, place_id, year segmented, and one with year NULL.
-- Reads:   raw.place, raw.place_overlap, core.site_seen, core.seen_country, core.mine_country.
-- Stored:  yes, it follows every mine around every place to its sites.
-- Caveat:  a place without a mine in the largest radius has nothing to look at: zero is known there. Of a place with
--          mines nothing is known in a year in which none of them was segmented.
-- Method:  docs/methods.md#exposure
CREATE OR REPLACE VIEW core.place_year AS
WITH seen AS (
    SELECT
        site_id AS mine_id,
        year
    FROM core.site_seen
    WHERE status = 'done' AND site_id IS NOT NULL

    UNION

    SELECT
        mine_country.mine_id,
        site_seen.year
    FROM core.site_seen
    INNER JOIN core.seen_country
        ON
            site_seen.dataset = seen_country.dataset
            AND site_seen.site_id IS NOT DISTINCT FROM seen_country.site_id
    INNER JOIN core.mine_country ON seen_country.iso3 = mine_country.iso3
    WHERE site_seen.status = 'done' AND site_seen.site_id IS NULL
),

around AS (
    SELECT DISTINCT
        layer,
        place_id,
        outline_id AS mine_id
    FROM raw.place_overlap
    WHERE year IS NULL
),

looked AS (
    SELECT DISTINCT
        around.layer,
        around.place_id,
        seen.year
    FROM around
    INNER JOIN seen ON around.mine_id = seen.mine_id
)

SELECT
    place.layer,
    place.place_id,
    calendar.year,
    calendar.year IS NULL
    OR looked.year IS NOT NULL
    OR NOT EXISTS (
        SELECT 1
        FROM around AS held
        WHERE held.layer = place.layer AND held.place_id = place.place_id
    ) AS is_known
FROM raw.place
CROSS JOIN (
    SELECT NULL::INTEGER AS year
    UNION
    SELECT DISTINCT site_seen.year::INTEGER AS year
    FROM core.site_seen
    WHERE site_seen.status = 'done'
) AS calendar
LEFT JOIN looked
    ON
        place.layer = looked.layer
        AND place.place_id = looked.place_id
        AND calendar.year = looked.year
ORDER BY place.layer, place.place_id, calendar.year;

COMMENT ON VIEW core.place_year IS
'Whether anybody looked at the mines around each place, by year; year NULL: the final mines.';
COMMENT ON COLUMN core.place_year.layer IS 'Name of the source in the project file.';
COMMENT ON COLUMN core.place_year.place_id IS 'Id of the place in its source.';
COMMENT ON COLUMN core.place_year.year IS 'Segmented year; NULL for the final mines.';
COMMENT ON COLUMN core.place_year.is_known IS 'Whether zero would be measured.';
