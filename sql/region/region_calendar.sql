-- core.region_calendar: every year of which anything is known, and of what.
--
-- Grain:   one row per year.
-- Reads:   core.landcover_year, core.bare_surface_gap, core.indicator_yearly, core.site_seen.
-- Method:  docs/methods.md#regions
CREATE OR REPLACE VIEW core.region_calendar AS
WITH known AS (
    SELECT
        calendar.year,
        gap.reason IS NULL AS has_surface,
        gap.reason IS NULL
        AND calendar.year > (SELECT min(first.year) FROM core.landcover_year AS first) AS has_change
    FROM core.landcover_year AS calendar
    CROSS JOIN core.bare_surface_gap AS gap

    UNION ALL

    SELECT DISTINCT
        year,
        FALSE AS has_surface,
        FALSE AS has_change
    FROM core.indicator_yearly

    UNION ALL

    SELECT DISTINCT
        year,
        FALSE AS has_surface,
        FALSE AS has_change
    FROM core.site_seen
    WHERE status = 'done'
)

SELECT
    year,
    bool_or(has_surface) AS has_surface,
    bool_or(has_change) AS has_change
FROM known
GROUP BY year
ORDER BY year;

COMMENT ON VIEW core.region_calendar IS 'Every year of which anything is known, and of what.';
COMMENT ON COLUMN core.region_calendar.year IS 'Calendar year.';
COMMENT ON COLUMN core.region_calendar.has_surface IS 'Whether bare surface is known.';
COMMENT ON COLUMN core.region_calendar.has_change IS 'Whether development and reclamation are known.';
