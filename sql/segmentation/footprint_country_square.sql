-- core.footprint_country_square: squares of half a degree with a footprint, inside one country and meeting no other.
--
-- Grain:   one row per square_column, square_row.
-- Reads:   core.footprint_united.
-- Stored:  yes.
-- Method:  docs/methods.md#countries
CREATE OR REPLACE VIEW core.footprint_country_square AS
WITH square AS (
    SELECT DISTINCT
        core.half_degree(ST_XMin(geometry)) AS square_column,
        core.half_degree(ST_YMin(geometry)) AS square_row
    FROM core.footprint_united
),

named AS (
    SELECT
        square_column,
        square_row,
        core.country_of_square(square_column, square_row) AS iso3
    FROM square
)

SELECT
    square_column,
    square_row,
    iso3
FROM named
WHERE iso3 IS NOT NULL
ORDER BY square_column, square_row;

COMMENT ON VIEW core.footprint_country_square IS
'Squares of half a degree with a footprint, inside one country and meeting no other.';
COMMENT ON COLUMN core.footprint_country_square.square_column IS
'Longitude of the western side, in halves of a degree.';
COMMENT ON COLUMN core.footprint_country_square.square_row IS 'Latitude of the southern side, in halves of a degree.';
COMMENT ON COLUMN core.footprint_country_square.iso3 IS 'Three-letter country code.';
