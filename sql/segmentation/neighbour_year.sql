-- core.neighbour_year: the years before and after a site's year in which a mine's absence would count.
--
-- Grain:   one row per dataset, site_id, year that was segmented.
-- Reads:   core.site_seen, core.site_clarity, parameter.
-- Stored:  yes, it compares every year of a site with every other.
-- Caveat:  with continuity_neighbour = 'seen' the neighbours are the nearest years that were segmented from images at
--          least continuity_clarity_min clear that showed as much of the square and of the mine; what is unknown
--          counts as clear. With 'calendar' they are the year
--          before and after, however clear. from_year and to_year bound the years whose polygons may confirm: up to
--          the neighbour, or to the end of the series where there is none. With continuity_ends = 'open' the years
--          beyond the ends count as not seen.
-- Method:  docs/methods.md#continuity (Sepin et al. 2025, Methods)
CREATE OR REPLACE VIEW core.neighbour_year AS
WITH site_year AS (
    SELECT
        site_seen.dataset,
        site_seen.site_id,
        site_seen.year,
        parameter.continuity_neighbour = 'calendar' AS is_calendar,
        parameter.continuity_ends = 'closed' AS is_closed,
        parameter.continuity_neighbour = 'calendar'
        OR coalesce(
            least(site_clarity.clarity, site_seen.seen_share, site_seen.mine_seen_share)
            >= parameter.continuity_clarity_min,
            TRUE
        ) AS is_clear
    FROM core.site_seen
    CROSS JOIN main.parameter
    LEFT JOIN core.site_clarity
        ON
            site_seen.site_id = site_clarity.site_id
            AND site_seen.year = site_clarity.year
    WHERE site_seen.status = 'done'
),

nearest AS (
    SELECT
        *,
        min(year) OVER (PARTITION BY dataset) AS first_year,
        max(year) OVER (PARTITION BY dataset) AS last_year,
        max(year) FILTER (is_clear) OVER (
            PARTITION BY dataset, site_id ORDER BY year ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS clear_before,
        min(year) FILTER (is_clear) OVER (
            PARTITION BY dataset, site_id ORDER BY year ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
        ) AS clear_after
    FROM site_year
),

neighbour AS (
    SELECT
        *,
        CASE WHEN NOT is_calendar OR clear_before = year - 1 THEN clear_before END AS year_before,
        CASE WHEN NOT is_calendar OR clear_after = year + 1 THEN clear_after END AS year_after
    FROM nearest
)

SELECT
    dataset,
    site_id,
    year,
    year_before,
    year_after,
    CASE WHEN is_calendar THEN year - 1 ELSE coalesce(year_before, first_year) END AS from_year,
    CASE WHEN is_calendar THEN year + 1 ELSE coalesce(year_after, last_year) END AS to_year,
    year_before IS NOT NULL OR (year = first_year AND is_closed) AS is_before_seen,
    year_after IS NOT NULL OR (year = last_year AND is_closed) AS is_after_seen
FROM neighbour
ORDER BY dataset, site_id, year;

COMMENT ON VIEW core.neighbour_year IS
'The years before and after a site''s year in which a mine''s absence would count.';
COMMENT ON COLUMN core.neighbour_year.dataset IS 'segmentation, or the name of the footprint source.';
COMMENT ON COLUMN core.neighbour_year.site_id IS 'Id of the site; NULL: the whole area.';
COMMENT ON COLUMN core.neighbour_year.year IS 'Year that was segmented.';
COMMENT ON COLUMN core.neighbour_year.year_before IS 'Neighbouring year before; NULL: none was seen.';
COMMENT ON COLUMN core.neighbour_year.year_after IS 'Neighbouring year after; NULL: none was seen.';
COMMENT ON COLUMN core.neighbour_year.from_year IS 'First year whose polygons may confirm one of this year.';
COMMENT ON COLUMN core.neighbour_year.to_year IS 'Last year whose polygons may confirm one of this year.';
COMMENT ON COLUMN core.neighbour_year.is_before_seen IS
'Whether there is a neighbour before, or the series begins with this year and its ends are closed.';
COMMENT ON COLUMN core.neighbour_year.is_after_seen IS
'Whether there is a neighbour after, or the series ends with this year and its ends are closed.';
