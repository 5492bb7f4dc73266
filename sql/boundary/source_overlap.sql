-- source_overlap: the area that two sources share, inside the final mines.
--
-- Grain:   one row per source_a, source_b, in the order of names.
-- Reads:   core.mine_source_ground, core.mine_source_pair.
-- Caveat:  ground that was erased or straightened away counts for neither.
-- Method:  docs/methods.md#sources
CREATE OR REPLACE VIEW source_overlap AS
WITH source AS (
    SELECT
        source,
        core.reproducible_sum(area_km2) AS area_km2
    FROM core.mine_source_ground
    GROUP BY source
),

shared AS (
    SELECT
        source_a,
        source_b,
        count(*) AS n_mines,
        core.reproducible_sum(shared_km2) AS shared_km2
    FROM core.mine_source_pair
    GROUP BY source_a, source_b
)

SELECT
    one.source AS source_a,
    other.source AS source_b,
    one.area_km2 AS area_a_km2,
    other.area_km2 AS area_b_km2,
    coalesce(shared.n_mines, 0) AS n_mines,
    coalesce(shared.shared_km2, 0) AS shared_km2,
    coalesce(shared.shared_km2, 0)
    / nullif(one.area_km2 + other.area_km2 - coalesce(shared.shared_km2, 0), 0) AS iou
FROM source AS one
INNER JOIN source AS other ON one.source < other.source
LEFT JOIN shared ON one.source = shared.source_a AND other.source = shared.source_b
ORDER BY source_a, source_b;

COMMENT ON VIEW source_overlap IS 'The area that two sources share, inside the final mines.';
COMMENT ON COLUMN source_overlap.source_a IS 'Name of a source.';
COMMENT ON COLUMN source_overlap.source_b IS 'Name of another, later in the alphabet.';
COMMENT ON COLUMN source_overlap.area_a_km2 IS 'Area that the first draws, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN source_overlap.area_b_km2 IS 'Area that the second draws, km2.';
COMMENT ON COLUMN source_overlap.n_mines IS 'Mines in which they share ground.';
COMMENT ON COLUMN source_overlap.shared_km2 IS 'Area that both draw, km2.';
COMMENT ON COLUMN source_overlap.iou IS 'That divided by the area that either draws, 0-1.';
