-- core.site_area: mine area in each site's square that a neighbouring year confirms, ground counted once.
--
-- Grain:   one row per site_id, year, threshold with any.
-- Reads:   core.footprint_outline, core.continuity, parameter.
-- Stored:  yes, it unites the outlines of a site and year.
-- Caveat:  outlines of one site and year do not overlap, but one may lie in the filled hole of another.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW core.site_area AS
WITH kept AS (
    SELECT
        outline.site_id,
        outline.year,
        outline.threshold,
        outline.footprint_id,
        outline.area_km2,
        outline.geometry,
        parameter.fill_holes AND ST_NInteriorRings(outline.geometry) > 0 AS is_filled
    FROM core.footprint_outline AS outline
    INNER JOIN core.continuity ON outline.footprint_key = continuity.footprint_key
    CROSS JOIN main.parameter
    WHERE outline.site_id IS NOT NULL AND continuity.is_continuous IS DISTINCT FROM FALSE
),

filled AS (
    SELECT
        site_id,
        year,
        threshold,
        core.area_km2(
            ST_CollectionExtract(
                ST_Union_Agg(
                    CASE WHEN is_filled THEN ST_MakePolygon(ST_ExteriorRing(geometry)) ELSE geometry END
                    ORDER BY footprint_id
                ),
                3
            )
        ) AS area_km2
    FROM kept
    GROUP BY site_id, year, threshold
    HAVING bool_or(is_filled)
)

SELECT
    kept.site_id,
    kept.year,
    kept.threshold,
    coalesce(any_value(filled.area_km2), core.reproducible_sum(kept.area_km2)) AS area_km2
FROM kept
LEFT JOIN filled
    ON
        kept.site_id = filled.site_id
        AND kept.year = filled.year
        AND kept.threshold IS NOT DISTINCT FROM filled.threshold
GROUP BY kept.site_id, kept.year, kept.threshold
ORDER BY kept.site_id, kept.year, kept.threshold;

COMMENT ON VIEW core.site_area IS
'Mine area in each site''s square that a neighbouring year confirms, ground counted once.';
COMMENT ON COLUMN core.site_area.site_id IS 'Id of the site.';
COMMENT ON COLUMN core.site_area.year IS 'Year.';
COMMENT ON COLUMN core.site_area.threshold IS 'Threshold, 0-1; NULL where the project segments nothing itself.';
COMMENT ON COLUMN core.site_area.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
