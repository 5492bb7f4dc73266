-- core.site: one square to segment around each mine, of so many times its longest side, and the blocks between.
--
-- Grain:   one row per mine or block.
-- Reads:   core.mine, core.block, parameter.
-- Stored:  yes, the search for images and the predictions read it.
-- Caveat:  sides are metres at the mine's latitude, where the study takes degrees. A square across 180 degrees is
--          two parts.
-- Method:  docs/methods.md#segmentation (Sepin et al. 2025, Methods)
CREATE OR REPLACE VIEW core.site AS
WITH centre AS (
    SELECT
        mine_id,
        NULL AS block_id,
        NULL::DOUBLE AS block_m,
        (xmin + xmax) / 2 AS longitude,
        (ymin + ymax) / 2 AS latitude,
        xmax - xmin AS width_deg,
        ymax - ymin AS height_deg,
        radians((ymin + ymax) / 2) AS phi
    FROM core.mine

    UNION ALL

    SELECT
        NULL AS mine_id,
        block_id,
        side_m AS block_m,
        longitude,
        latitude,
        NULL AS width_deg,
        NULL AS height_deg,
        radians(latitude) AS phi
    FROM core.block
),

-- Metres in a degree on WGS84, series of the meridian and parallel arcs.
scale AS (
    SELECT
        *,
        111132.954 - 559.822 * cos(2 * phi) + 1.175 * cos(4 * phi) AS m_north,
        111412.877 * cos(phi) - 93.504 * cos(3 * phi) + 0.118 * cos(5 * phi) AS m_east
    FROM centre
),

square AS (
    SELECT
        coalesce(scale.mine_id, scale.block_id) AS site_id,
        scale.mine_id,
        scale.longitude,
        scale.latitude,
        scale.m_east,
        scale.m_north,
        coalesce(
            scale.block_m,
            parameter.site_window_factor
            * greatest(scale.width_deg * scale.m_east, scale.height_deg * scale.m_north)
        ) AS side_m
    FROM scale, main.parameter
),

placed AS (
    SELECT
        site_id,
        mine_id,
        longitude,
        latitude,
        side_m,
        longitude - side_m / 2 / m_east AS west,
        latitude - side_m / 2 / m_north AS south,
        longitude + side_m / 2 / m_east AS east,
        latitude + side_m / 2 / m_north AS north
    FROM square
)

SELECT
    site_id,
    mine_id,
    longitude,
    latitude,
    side_m,
    CASE
        WHEN west < -180
            THEN ST_Collect([
                ST_MakeEnvelope(-180, south, east, north), ST_MakeEnvelope(west + 360, south, 180, north)
            ])
        WHEN east > 180
            THEN ST_Collect([
                ST_MakeEnvelope(west, south, 180, north), ST_MakeEnvelope(-180, south, east - 360, north)
            ])
        ELSE ST_MakeEnvelope(west, south, east, north)
    END AS geometry
FROM placed
ORDER BY site_id;

COMMENT ON VIEW core.site IS
'One square to segment around each mine, of so many times its longest side, and the blocks between.';
COMMENT ON COLUMN core.site.site_id IS 'Id of the site: that of its mine, or block- with row and column.';
COMMENT ON COLUMN core.site.mine_id IS 'Id of the mine in the middle; NULL for a block.';
COMMENT ON COLUMN core.site.longitude IS 'Longitude of the centre, degrees.';
COMMENT ON COLUMN core.site.latitude IS 'Latitude of the centre, degrees.';
COMMENT ON COLUMN core.site.side_m IS 'Side of the square, m.';
COMMENT ON COLUMN core.site.geometry IS 'The square, EPSG:4326; two parts where it crosses 180 degrees.';
