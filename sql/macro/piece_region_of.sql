-- core.piece_region_of: the regions that every piece of an outline lies in, in every layer.
--
-- Caveat:  pieces names a relation with piece_id, outline_id, face and area_km2, face_regions is as
--          core.face_region_of gives it, countries as core.country_part. Where the outlines of a layer overlap, a
--          piece lies in several of its regions.
CREATE OR REPLACE MACRO core.piece_region_of(pieces, face_regions, countries) AS TABLE
    WITH placed AS (
        SELECT
            bit.piece_id,
            bit.outline_id,
            bit.area_km2,
            lies.layer,
            lies.region_id,
            lies.source_id,
            lies.part
        FROM query_table(pieces) AS bit
        INNER JOIN query_table(face_regions) AS lies
            ON bit.outline_id = lies.outline_id AND bit.face = lies.face
    ),

    on_continent AS (
        SELECT
            placed.*,
            unnest(
                [
                    { 'layer': 'continent', 'region_id': country_part.continent },
                    { 'layer': 'study_region', 'region_id': country_part.study_region }
                ]
            ) AS larger
        FROM placed
        INNER JOIN query_table(countries) AS country_part
            ON placed.source_id = country_part.source_id AND placed.part = country_part.part
        WHERE placed.layer = 'country'
    )

    SELECT
        piece_id,
        outline_id,
        layer,
        region_id,
        area_km2
    FROM placed

    UNION

    SELECT
        piece_id,
        outline_id,
        larger.layer AS layer,
        larger.region_id AS region_id,
        area_km2
    FROM on_continent
    WHERE larger.region_id IS NOT NULL;
