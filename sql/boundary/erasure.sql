-- core.erasure: what the erasure of stable green took from each merged polygon.
--
-- Grain:   one row per merged_key with green at its edge.
-- Reads:   core.merged, core.green_contact, core.erased.
-- Method:  docs/methods.md#erase (Xu et al. 2025, section 2.1)
CREATE OR REPLACE VIEW core.erasure AS
WITH remainder AS (
    SELECT
        merged_key,
        count(*) AS n_pieces,
        sum(area_km2) AS area_km2
    FROM core.erased
    GROUP BY merged_key
)

SELECT
    green_contact.merged_key,
    green_contact.n_objects,
    merged.area_km2 AS area_before_km2,
    coalesce(remainder.area_km2, 0) AS area_after_km2,
    merged.area_km2 - coalesce(remainder.area_km2, 0) AS area_erased_km2,
    coalesce(remainder.n_pieces, 0) AS n_pieces
FROM core.green_contact
INNER JOIN core.merged ON green_contact.merged_key = merged.merged_key
LEFT JOIN remainder ON green_contact.merged_key = remainder.merged_key;

COMMENT ON VIEW core.erasure IS 'What the erasure of stable green took from each merged polygon.';
COMMENT ON COLUMN core.erasure.merged_key IS 'Number of the merged polygon.';
COMMENT ON COLUMN core.erasure.n_objects IS 'Number of stable green objects at its edge.';
COMMENT ON COLUMN core.erasure.area_before_km2 IS 'Area of the merged polygon, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.erasure.area_after_km2 IS 'Area left, km2; 0 where all of it was green.';
COMMENT ON COLUMN core.erasure.area_erased_km2 IS 'Area erased, km2.';
COMMENT ON COLUMN core.erasure.n_pieces IS 'Number of polygons left.';
