-- core.segmented_grid: mine area in grid cells in the first and the last segmented year.
--
-- Grain:   one row per cell_x, cell_y, year; years are the first and the last.
-- Reads:   core.segmented_footprint, raw.segmented_site, core.grid_lobe, parameter.
-- Stored:  yes.
-- Caveat:  the projection gives shares of each polygon, its geodesic area is shared out by them.
-- Method:  docs/methods.md#grid
CREATE OR REPLACE VIEW core.segmented_grid AS
WITH span AS (
    SELECT
        min(year) AS first_year,
        max(year) AS last_year
    FROM raw.segmented_site
    WHERE status = 'done'
),

in_lobe AS (
    SELECT
        footprint.prediction_id,
        footprint.year,
        footprint.area_km2,
        grid_lobe.lobe,
        ST_Transform(
            CASE
                WHEN ST_Contains(grid_lobe.geometry, footprint.geometry) THEN footprint.geometry
                ELSE ST_CollectionExtract(ST_Intersection(footprint.geometry, grid_lobe.geometry), 3)
            END,
            'EPSG:4326',
            '+proj=igh +lon_0=0 +datum=WGS84 +units=m +no_defs'
        ) AS geometry
    FROM core.segmented_footprint AS footprint
    INNER JOIN core.grid_lobe
        ON ST_Intersects(footprint.geometry, grid_lobe.geometry)
    WHERE
        footprint.is_continuous IS DISTINCT FROM FALSE
        AND footprint.year IN (SELECT unnest([span.first_year, span.last_year]) FROM span)
),

-- Rings that nearly touch can cross on the map.
on_map AS (
    SELECT
        prediction_id,
        year,
        area_km2,
        lobe,
        CASE
            WHEN ST_IsValid(geometry) THEN geometry
            ELSE ST_CollectionExtract(ST_MakeValid(geometry), 3)
        END AS geometry
    FROM in_lobe
),

in_column AS (
    SELECT
        on_map.*,
        parameter.grid_cell_km * 1000 AS side_m,
        unnest(
            range(
                floor(ST_XMin(on_map.geometry) / (parameter.grid_cell_km * 1000))::BIGINT,
                floor(ST_XMax(on_map.geometry) / (parameter.grid_cell_km * 1000))::BIGINT + 1
            )
        ) AS cell_x
    FROM on_map, main.parameter
    WHERE NOT ST_IsEmpty(on_map.geometry)
),

in_cell AS (
    SELECT
        *,
        unnest(
            range(
                floor(ST_YMin(geometry) / side_m)::BIGINT, floor(ST_YMax(geometry) / side_m)::BIGINT + 1
            )
        ) AS cell_y
    FROM in_column
),

piece AS (
    SELECT
        prediction_id,
        year,
        lobe,
        cell_x,
        cell_y,
        area_km2,
        ST_Area(
            ST_Intersection(
                geometry,
                ST_MakeEnvelope(
                    cell_x * side_m, cell_y * side_m, (cell_x + 1) * side_m, (cell_y + 1) * side_m
                )
            )
        ) AS area_igh_m2
    FROM in_cell
),

shared AS (
    SELECT
        *,
        area_km2 * area_igh_m2 / sum(area_igh_m2) OVER (
            PARTITION BY prediction_id ORDER BY lobe, cell_x, cell_y
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS cell_area_km2
    FROM piece
    WHERE area_igh_m2 > 0
)

SELECT
    cell_x,
    cell_y,
    year,
    sum(cell_area_km2 ORDER BY prediction_id, lobe) AS area_km2
FROM shared
GROUP BY cell_x, cell_y, year
ORDER BY cell_x, cell_y, year;

COMMENT ON VIEW core.segmented_grid IS
'Mine area in grid cells in the first and the last segmented year.';
COMMENT ON COLUMN core.segmented_grid.cell_x IS 'Column of the cell: easting divided by the side, rounded down.';
COMMENT ON COLUMN core.segmented_grid.cell_y IS 'Row of the cell: northing divided by the side, rounded down.';
COMMENT ON COLUMN core.segmented_grid.year IS 'Year.';
COMMENT ON COLUMN core.segmented_grid.area_km2 IS 'Mine area in the cell, km2, on the WGS84 ellipsoid.';
