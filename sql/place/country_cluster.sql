-- core.country_cluster: the polygons of each country by squares of five degrees, each square's as one box.
--
-- Grain:   one row per iso3, continent, square_column, square_row.
-- Reads:   raw.country.
-- Stored:  yes, it measures every polygon.
-- Caveat:  a polygon lies where the middle of its box does; a country with several continents in the file (Natural
--          Earth's map units) counts as several.
-- Method:  docs/methods.md#continents
CREATE OR REPLACE VIEW core.country_cluster AS
WITH outline AS (
    SELECT
        iso3,
        coalesce(continent, '') AS continent,
        floor((ST_XMin(geometry) + ST_XMax(geometry)) / 10)::BIGINT AS square_column,
        floor((ST_YMin(geometry) + ST_YMax(geometry)) / 10)::BIGINT AS square_row,
        ST_XMin(geometry) AS xmin,
        ST_YMin(geometry) AS ymin,
        ST_XMax(geometry) AS xmax,
        ST_YMax(geometry) AS ymax,
        core.area_km2(geometry) AS area_km2
    FROM raw.country
)

SELECT
    iso3,
    continent,
    square_column,
    square_row,
    row_number() OVER (ORDER BY iso3, continent, square_column, square_row) AS cluster,
    core.reproducible_sum(area_km2) AS area_km2,
    { 'xmin': min(xmin), 'ymin': min(ymin), 'xmax': max(xmax), 'ymax': max(ymax) } AS box
FROM outline
GROUP BY iso3, continent, square_column, square_row
ORDER BY cluster;

COMMENT ON VIEW core.country_cluster IS
'The polygons of each country by squares of five degrees, each square''s as one box.';
COMMENT ON COLUMN core.country_cluster.iso3 IS 'Three-letter country code.';
COMMENT ON COLUMN core.country_cluster.continent IS 'Continent as the file says; empty where it says none.';
COMMENT ON COLUMN core.country_cluster.square_column IS 'Longitude of the western edge, in steps of 5 degrees.';
COMMENT ON COLUMN core.country_cluster.square_row IS 'Latitude of the southern edge, in steps of 5 degrees.';
COMMENT ON COLUMN core.country_cluster.cluster IS 'Number of the row.';
COMMENT ON COLUMN core.country_cluster.area_km2 IS 'Area of its polygons, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.country_cluster.box IS 'Box around its polygons, degrees.';
