-- layer_yearly: mines inside and outside of each region layer by year, ground under several regions counted once.
--
-- Grain:   one row per layer, place (inside or outside) and year of which land cover is known.
-- Reads:   core.mine_piece, core.mine_piece_place, core.piece_surface_yearly, core.piece_disturbance_yearly,
--          core.region_calendar.
-- Caveat:  inside and outside add up to all mines. Sums of region_yearly over a layer whose regions overlap are larger
--          than what is inside.
-- Method:  docs/methods.md#regions
CREATE OR REPLACE VIEW layer_yearly AS
-- Pieces that lie in the same layers are of one kind, and are added up once for all of these.
WITH kind AS (
    SELECT
        piece.piece_id,
        piece.area_km2,
        held.layers,
        dense_rank() OVER (ORDER BY held.layers) AS kind
    FROM core.mine_piece AS piece
    LEFT JOIN (
        SELECT
            piece_id,
            list(DISTINCT layer ORDER BY layer) AS layers
        FROM core.mine_piece_place
        GROUP BY piece_id
    ) AS held ON piece.piece_id = held.piece_id
),

known AS (
    SELECT
        kind.kind,
        surface.year,
        core.reproducible_sum(surface.known_km2) AS known_km2,
        core.reproducible_sum(surface.mine_related_km2) AS mine_related_km2
    FROM core.piece_surface_yearly AS surface
    INNER JOIN kind ON surface.piece_id = kind.piece_id
    GROUP BY kind.kind, surface.year
),

changed AS (
    SELECT
        kind.kind,
        disturbance.year,
        core.reproducible_sum(disturbance.developed_km2) AS developed_km2,
        core.reproducible_sum(disturbance.reclaimed_km2) AS reclaimed_km2
    FROM core.piece_disturbance_yearly AS disturbance
    INNER JOIN kind ON disturbance.piece_id = kind.piece_id
    GROUP BY kind.kind, disturbance.year
),

placed AS (
    SELECT
        layer.layer,
        CASE WHEN list_contains(coalesce(alike.layers, []), layer.layer) THEN 'inside' ELSE 'outside' END AS place,
        calendar.year,
        calendar.has_change,
        alike.mine_area_km2,
        known.known_km2,
        known.mine_related_km2,
        changed.developed_km2,
        changed.reclaimed_km2
    FROM (
        SELECT
            kind,
            any_value(layers) AS layers,
            core.reproducible_sum(area_km2) AS mine_area_km2
        FROM kind
        GROUP BY kind
    ) AS alike
    CROSS JOIN core.region_calendar AS calendar
    CROSS JOIN (
        SELECT DISTINCT layer
        FROM core.mine_piece_place
    ) AS layer
    LEFT JOIN known ON alike.kind = known.kind AND calendar.year = known.year
    LEFT JOIN changed ON alike.kind = changed.kind AND calendar.year = changed.year
    WHERE calendar.has_surface
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
