-- core.union_of: the union of each component of several outlines, its hairline gaps closed.
--
-- Caveat:  member names a relation with component_key, order_key (the order of the union), geometry and snap_degrees.
--          Snapped to that grid only where this closes a gap, or parts an overlap, thinner than the grid: elsewhere
--          outlines are those of the plain union. Outlines snapped as they meet, and each before it meets another, now
--          and then differ in which gaps they close: that one is taken which keeps the ground better.
CREATE OR REPLACE MACRO core.union_of(member) AS TABLE
    WITH united AS MATERIALIZED (
        SELECT
            outline.component_key,
            count(*) AS n_members,
            any_value(outline.snap_degrees) AS snap_degrees,
            sum(ST_Area(outline.geometry) ORDER BY outline.order_key) AS members_degrees2,
            sum(ST_Perimeter(outline.geometry) ORDER BY outline.order_key) AS perimeter_degrees,
            ST_Union_Agg(outline.geometry ORDER BY outline.order_key) AS geometry,
            ST_ReducePrecision( -- here, since conditions below would compute it again and again
                ST_Union_Agg(outline.geometry ORDER BY outline.order_key), any_value(outline.snap_degrees)
            ) AS rounded
        FROM query_table(member) AS outline
        GROUP BY outline.component_key
        HAVING count(*) > 1
    ),

    candidate AS MATERIALIZED (
        SELECT
            component_key,
            snap_degrees,
            geometry,
            rounded
        FROM united
        WHERE
            core.has_gap(geometry, rounded, snap_degrees)
            OR members_degrees2 - ST_Area(geometry) < perimeter_degrees * snap_degrees
    ),

    snapped AS MATERIALIZED (
        SELECT
            candidate.component_key,
            ST_ReducePrecision(
                ST_Union_Agg(
                    ST_ReducePrecision(outline.geometry, candidate.snap_degrees) ORDER BY outline.order_key
                ),
                any_value(candidate.snap_degrees)
            ) AS geometry
        FROM candidate
        INNER JOIN query_table(member) AS outline ON candidate.component_key = outline.component_key
        GROUP BY candidate.component_key
    ),

    closed AS (
        SELECT
            candidate.component_key,
            CASE
                WHEN
                    abs(ST_Area(candidate.rounded) - ST_Area(candidate.geometry))
                    < abs(ST_Area(snapped.geometry) - ST_Area(candidate.geometry))
                    THEN candidate.rounded
                ELSE snapped.geometry
            END AS nearer
        FROM candidate
        INNER JOIN snapped ON candidate.component_key = snapped.component_key
        WHERE core.has_gap(candidate.geometry, nearer, candidate.snap_degrees)
    )

    SELECT
        united.component_key,
        united.n_members,
        closed.nearer IS NOT NULL AS has_gap,
        coalesce(ST_NumGeometries(united.geometry) - ST_NumGeometries(closed.nearer), 0) AS n_polygons_joined,
        coalesce(core.n_rings(united.geometry) - core.n_rings(closed.nearer), 0) AS n_rings_closed,
        coalesce(closed.nearer, united.geometry) AS geometry
    FROM united
    LEFT JOIN closed ON united.component_key = closed.component_key;
