-- core.green_contact: stable green objects that meet the boundary of a merged polygon, united by polygon.
--
-- Grain:   one row per merged_key that has such objects.
-- Reads:   core.merged, raw.stable_green.
-- Stored:  yes, one spatial join over all objects.
-- Caveat:  an object that lies wholly inside, in contact with no edge, is part of the mine and stays.
-- Method:  docs/methods.md#erase (Xu et al. 2025, section 2.1)
CREATE OR REPLACE VIEW core.green_contact AS
WITH edge AS (
    SELECT
        merged_key,
        ST_Boundary(geometry) AS geometry
    FROM core.merged
),

contact AS (
    SELECT
        edge.merged_key,
        stable_green.geometry,
        core.geometry_key(stable_green.geometry) AS content_key
    FROM edge
    INNER JOIN raw.stable_green
        ON ST_Intersects(edge.geometry, stable_green.geometry)
)

SELECT
    merged_key,
    count(*) AS n_objects,
    CASE
        WHEN count(*) = 1 THEN any_value(geometry)
        ELSE ST_Union_Agg(geometry ORDER BY content_key)
    END AS geometry
FROM contact
GROUP BY merged_key
ORDER BY merged_key;

COMMENT ON VIEW core.green_contact IS
'Stable green objects that meet the boundary of a merged polygon, united by polygon.';
COMMENT ON COLUMN core.green_contact.merged_key IS 'Number of the merged polygon.';
COMMENT ON COLUMN core.green_contact.n_objects IS 'Number of objects in contact.';
COMMENT ON COLUMN core.green_contact.geometry IS 'Union of those objects, EPSG:4326.';
