-- warn_swapped_axes: A source lies on land only with longitude and latitude changed over.
--
-- Reads:   core.polygon, core.country_ground.
-- Caveat:  where all coordinates lie within 90 degrees nothing else tells; needs [countries].
WITH place AS (
    SELECT
        polygon_key,
        source,
        FALSE AS is_flipped,
        ST_Centroid(geometry) AS geometry
    FROM core.polygon

    UNION ALL

    SELECT
        polygon_key,
        source,
        TRUE AS is_flipped,
        ST_FlipCoordinates(ST_Centroid(geometry)) AS geometry
    FROM core.polygon
),

on_land AS (
    SELECT
        place.source,
        count(DISTINCT place.polygon_key) FILTER (NOT place.is_flipped) AS n_given,
        count(DISTINCT place.polygon_key) FILTER (place.is_flipped) AS n_flipped
    FROM place
    INNER JOIN core.country_ground AS country
        ON ST_Intersects(place.geometry, country.geometry)
    GROUP BY place.source
),

source_total AS (
    SELECT
        source,
        count(*) AS n
    FROM core.polygon
    GROUP BY source
)

SELECT
    source_total.source,
    source_total.n AS n_polygons,
    on_land.n_given AS n_on_land,
    on_land.n_flipped AS n_on_land_when_flipped
FROM source_total
INNER JOIN on_land ON source_total.source = on_land.source
WHERE
    on_land.n_flipped > 0.5 * source_total.n
    AND on_land.n_given < 0.5 * on_land.n_flipped;
