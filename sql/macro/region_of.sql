-- core.region_of: area of each outline in each region that it reaches, and which region holds most of it.
--
-- Caveat:  piece_regions names a relation as core.piece_region_of gives it.
CREATE OR REPLACE MACRO core.region_of(piece_regions) AS TABLE
    WITH summed AS (
        SELECT
            lies.outline_id,
            lies.layer,
            lies.region_id,
            core.reproducible_sum(lies.area_km2) AS area_km2
        FROM query_table(piece_regions) AS lies
        GROUP BY lies.outline_id, lies.layer, lies.region_id
    )

    SELECT
        outline_id,
        layer,
        region_id,
        area_km2,
        row_number() OVER (PARTITION BY outline_id, layer ORDER BY area_km2 DESC, region_id ASC) = 1 AS is_main
    FROM summed;
