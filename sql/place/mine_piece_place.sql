-- core.mine_piece_place: where the area of every piece of a mine counts, so that countries add up to all mines.
--
-- Grain:   one row per piece_id, layer, region_id.
-- Reads:   core.mine_piece, core.mine_piece_region, core.mine_country.
-- Stored:  yes, every sum by place joins it.
-- Caveat:  ground that several countries claim is shared out evenly among them; what of a mine lies outside all
--          countries (coastlines are generalised) counts for the mine's own country; so for continents and study
--          regions. In other layers a piece counts in full in every region that it lies in, and nowhere outside of all.
-- Method:  docs/methods.md#countries
CREATE OR REPLACE VIEW core.mine_piece_place AS
WITH inside AS (
    SELECT
        piece_id,
        mine_id,
        layer,
        region_id,
        area_km2,
        CASE
            WHEN layer IN ('country', 'continent', 'study_region')
                THEN 1.0 / count(*) OVER (PARTITION BY piece_id, layer)
            ELSE 1.0
        END::DOUBLE AS share
    FROM core.mine_piece_region
),

own AS (
    SELECT
        mine_piece.piece_id,
        mine_piece.mine_id,
        unnest(['country', 'continent', 'study_region']) AS layer,
        unnest([mine_country.iso3, mine_country.continent, mine_country.study_region]) AS region_id,
        mine_piece.area_km2
    FROM core.mine_piece
    INNER JOIN core.mine_country ON mine_piece.mine_id = mine_country.mine_id
)

SELECT
    piece_id,
    mine_id,
    layer,
    region_id,
    share,
    area_km2 * share AS area_km2
FROM inside

UNION ALL

SELECT
    own.piece_id,
    own.mine_id,
    own.layer,
    own.region_id,
    1.0::DOUBLE AS share,
    own.area_km2
FROM own
LEFT JOIN inside ON own.piece_id = inside.piece_id AND own.layer = inside.layer
WHERE inside.piece_id IS NULL AND own.region_id IS NOT NULL
ORDER BY mine_id, piece_id, layer, region_id;

COMMENT ON VIEW core.mine_piece_place IS
'Where the area of every piece of a mine counts, so that countries add up to all mines.';
COMMENT ON COLUMN core.mine_piece_place.piece_id IS 'Id of the piece.';
COMMENT ON COLUMN core.mine_piece_place.mine_id IS 'Mine that it is a piece of.';
COMMENT ON COLUMN core.mine_piece_place.layer IS 'Region layer.';
COMMENT ON COLUMN core.mine_piece_place.region_id IS 'Id of the region in its layer.';
COMMENT ON COLUMN core.mine_piece_place.share IS
'Share of the piece that counts there, 0-1: below 1 where several claim it.';
COMMENT ON COLUMN core.mine_piece_place.area_km2 IS 'Area that counts there, km2, on the WGS84 ellipsoid.';
