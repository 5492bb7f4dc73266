-- core.mine_biome: the biome that each mine lies in.
--
-- Grain:   one row per mine_id in a biome.
-- Reads:   core.mine, raw.biome.
-- Stored:  yes, because it is a spatial join.
-- Caveat:  that of the mine's point, which lies inside it. Empty without a biome layer ([validation.biomes]).
-- Method:  docs/methods.md#mine (Xu et al. 2025, Table A3)
CREATE OR REPLACE VIEW core.mine_biome AS
WITH place AS (
    SELECT
        mine_id,
        ST_Point(longitude, latitude) AS point
    FROM core.mine
)

SELECT
    place.mine_id,
    min(biome.biome) AS biome
FROM place
INNER JOIN raw.biome ON ST_Intersects(place.point, biome.geometry)
GROUP BY place.mine_id
ORDER BY place.mine_id;

COMMENT ON VIEW core.mine_biome IS 'The biome that each mine lies in.';
COMMENT ON COLUMN core.mine_biome.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.mine_biome.biome IS 'Name of the biome.';
