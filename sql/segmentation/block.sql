-- core.block: squares that cover the area to segment beyond the known sites, each overlapping its neighbours a little.
--
-- Grain:   one row per block_id.
-- Reads:   raw.area, raw.image, parameter.
-- Stored:  yes, one spatial join.
-- Caveat:  rows are the same all over the globe; in each, columns are as wide as a block at its edge nearest to the
--          equator, so that blocks leave no gap. 111,694 m is the longest degree on WGS84, of
--          latitude at the poles; a degree of longitude is never longer than 111,700 m times the cosine.
--          Boxes around the area that hold more than 10,000,000 are refused before any is made.
-- Method:  docs/methods.md#beyond-known-sites
CREATE OR REPLACE VIEW core.block AS
WITH wanted AS (
    SELECT geometry FROM raw.area
    UNION ALL
    SELECT image.geometry
    FROM raw.image
    CROSS JOIN main.parameter
    WHERE parameter.block_scenes
),

block_row AS (
    SELECT
        wanted.geometry,
        parameter.block_m,
        parameter.block_m / 111694 AS step_deg,
        unnest(range(
            floor(ST_YMin(wanted.geometry) / (parameter.block_m / 111694))::BIGINT,
            CASE
                WHEN
                    sum(ST_Area(ST_Envelope(wanted.geometry)) * pow(111694 / parameter.block_m, 2)) OVER ()
                    > 10000000
                    THEN error(
                        'the area takes more than 10,000,000 blocks of ' || parameter.block_m
                        || ' m: name a smaller [segmentation.area], or raise block_m'
                    )
                ELSE floor(ST_YMax(wanted.geometry) / (parameter.block_m / 111694))::BIGINT + 1
            END
        )) AS row_number
    FROM wanted
    CROSS JOIN main.parameter
),

block_column AS (
    SELECT DISTINCT
        block_m,
        step_deg,
        row_number,
        n_columns,
        unnest(range(
            floor((xmin + 180) / 360 * n_columns)::BIGINT,
            least(floor((xmax + 180) / 360 * n_columns)::BIGINT + 1, n_columns)
        )) AS column_number
    FROM (
        SELECT
            block_m,
            step_deg,
            row_number,
            ST_XMin(geometry) AS xmin,
            ST_XMax(geometry) AS xmax,
            ceil(360 * 111700 / block_m * cos(radians(
                least(abs(row_number * step_deg), abs((row_number + 1) * step_deg))
            )))::BIGINT AS n_columns
        FROM block_row
    ) AS counted
),

placed AS (
    SELECT
        block_m,
        'block-' || row_number || '-' || column_number AS block_id,
        (column_number + 0.5) / n_columns * 360 - 180 AS longitude,
        (row_number + 0.5) * step_deg AS latitude,
        ST_MakeEnvelope(
            column_number / n_columns * 360 - 180,
            row_number * step_deg,
            (column_number + 1) / n_columns * 360 - 180,
            (row_number + 1) * step_deg
        ) AS geometry
    FROM block_column
)

SELECT DISTINCT
    placed.block_id,
    placed.longitude,
    placed.latitude,
    placed.block_m AS side_m
FROM placed
INNER JOIN wanted ON ST_Intersects(placed.geometry, wanted.geometry)
ORDER BY placed.block_id;

COMMENT ON VIEW core.block IS
'Squares that cover the area to segment beyond the known sites, each overlapping its neighbours a little.';
COMMENT ON COLUMN core.block.block_id IS 'Id of the block: its row and column on the globe.';
COMMENT ON COLUMN core.block.longitude IS 'Longitude of the centre, degrees.';
COMMENT ON COLUMN core.block.latitude IS 'Latitude of the centre, degrees.';
COMMENT ON COLUMN core.block.side_m IS 'Side of the square, m.';
