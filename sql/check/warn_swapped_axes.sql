-- warn_swapped_axes: A source lies on land only with longitude and latitude changed over.
--
-- Reads:   core.polygon, core.country_tile.
-- Caveat:  where all coordinates lie within 90 degrees nothing else tells; needs [countries].
WITH place AS (
    SELECT
        polygon_key,
        source,
        ST_Centroid(geometry) AS given,
        ST_FlipCoordinates(ST_Centroid(geometry)) AS flipped
    FROM core.polygon
),

given_on_land AS (
    SELECT
        place.source,
        count(DISTINCT place.polygon_key) AS n
    FROM place
    INNER JOIN core.country_tile ON ST_Intersects(place.given, country_tile.geometry)
    GROUP BY place.source
),

flipped_on_land AS (
    SELECT
        place.source,
        count(DISTINCT place.polygon_key) AS n
    FROM place
    INNER JOIN core.country_tile ON ST_Intersects(place.flipped, country_tile.geometry)
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
    coalesce(given_on_land.n, 0) AS n_on_land,
    flipped_on_land.n AS n_on_land_when_flipped
FROM source_total
INNER JOIN flipped_on_land ON source_total.source = flipped_on_land.source
LEFT JOIN given_on_land ON source_total.source = given_on_land.source
WHERE
    flipped_on_land.n > 0.5 * source_total.n
    AND coalesce(given_on_land.n, 0) < 0.5 * flipped_on_land.n;
