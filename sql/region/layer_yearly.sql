-- layer_yearly: mines inside and outside of each region layer by year, ground under several regions counted once.
--
-- Grain:   one row per layer, place (inside or outside) and year of which land cover is known.
-- Reads:   core.mine_piece, core.mine_piece_place, core.piece_surface_yearly, core.piece_disturbance_yearly,
--          core.region_calendar.
-- Caveat:  inside and outside add up to all mines. Sums of region_yearly over a layer whose regions overlap are larger
--          than what is inside.
-- Method:  docs/methods.md#regions
CREATE OR REPLACE VIEW layer_yearly AS
WITH held AS (
    SELECT
        piece_id,
        list(DISTINCT layer ORDER BY layer) AS layers
    FROM core.mine_piece_place
    GROUP BY piece_id
),

-- Pieces that lie in the same layers are added up once for all of these.
alike AS (
    SELECT
        held.layers,
        calendar.year,
        any_value(calendar.has_change) AS has_change,
        core.reproducible_sum(piece.area_km2) AS mine_area_km2,
        core.reproducible_sum(surface.known_km2) AS known_km2,
        core.reproducible_sum(surface.mine_related_km2) AS mine_related_km2,
        core.reproducible_sum(disturbance.developed_km2) AS developed_km2,
        core.reproducible_sum(disturbance.reclaimed_km2) AS reclaimed_km2
    FROM core.mine_piece AS piece
    CROSS JOIN core.region_calendar AS calendar
    LEFT JOIN held ON piece.piece_id = held.piece_id
    LEFT JOIN core.piece_surface_yearly AS surface
        ON piece.piece_id = surface.piece_id AND calendar.year = surface.year
    LEFT JOIN core.piece_disturbance_yearly AS disturbance
        ON piece.piece_id = disturbance.piece_id AND calendar.year = disturbance.year
    WHERE calendar.has_surface
    GROUP BY held.layers, calendar.year
),

placed AS (
    SELECT
        layer.layer,
        CASE WHEN list_contains(coalesce(alike.layers, []), layer.layer) THEN 'inside' ELSE 'outside' END AS place,
        alike.*
    FROM alike
    CROSS JOIN (
        SELECT DISTINCT layer
        FROM core.mine_piece_place
    ) AS layer
)

SELECT
    layer,
    place,
    year,
    core.reproducible_sum(mine_area_km2) AS mine_area_km2,
    core.reproducible_sum(known_km2) AS known_km2,
    core.reproducible_sum(mine_related_km2) AS mine_related_km2,
    CASE WHEN any_value(has_change) THEN coalesce(core.reproducible_sum(developed_km2), 0) END AS developed_km2,
    CASE WHEN any_value(has_change) THEN coalesce(core.reproducible_sum(reclaimed_km2), 0) END AS reclaimed_km2
FROM placed
GROUP BY layer, place, year
ORDER BY layer, place, year;

COMMENT ON VIEW layer_yearly IS
'Mines inside and outside of each region layer by year, ground under several regions counted once.';
COMMENT ON COLUMN layer_yearly.layer IS 'Region layer.';
COMMENT ON COLUMN layer_yearly.place IS 'inside any of its regions, or outside of all.';
COMMENT ON COLUMN layer_yearly.year IS 'Calendar year.';
COMMENT ON COLUMN layer_yearly.mine_area_km2 IS 'Area of final mines there, of all years, km2.';
COMMENT ON COLUMN layer_yearly.known_km2 IS 'Mine area with land cover in that year, km2; NULL without any.';
COMMENT ON COLUMN layer_yearly.mine_related_km2 IS 'Area of mine-related classes in mines, km2; NULL where unknown.';
COMMENT ON COLUMN layer_yearly.developed_km2 IS
'Area from vegetated to mine-related in that year, km2; NULL where unknown.';
COMMENT ON COLUMN layer_yearly.reclaimed_km2 IS
'Area from mine-related to vegetated in that year, km2; NULL where unknown.';
