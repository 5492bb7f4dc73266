-- core.interpreted_sample: every interpreted sample with its mine and biome, by its place.
--
-- Grain:   one row per sample_id.
-- Reads:   raw.label, raw.biome, core.mine.
-- Stored:  yes, because it joins points with mines and biomes, which no public view can.
-- Caveat:  the centre of a pixel at a mine's edge may lie outside it: mine_id is then what the file says. Where the
--          file names no stratum, it is the year on the map with the area that the file gives it.
-- Method:  docs/methods.md#validation (Xu et al. 2025, section 2.4)
CREATE OR REPLACE VIEW core.interpreted_sample AS
WITH place AS (
    SELECT
        sample_id,
        ST_Point(longitude, latitude) AS point,
        coalesce(stratum_km2, max(stratum_km2) OVER (PARTITION BY predicted_year, stratum)) AS stratum_km2
    FROM raw.label
),

in_mine AS (
    SELECT
        place.sample_id,
        min(mine.mine_id) AS mine_id
    FROM place
    INNER JOIN core.mine ON ST_Intersects(place.point, mine.geometry)
    GROUP BY place.sample_id
),

in_biome AS (
    SELECT
        place.sample_id,
        min(biome.biome) AS biome
    FROM place
    INNER JOIN raw.biome ON ST_Intersects(place.point, biome.geometry)
    GROUP BY place.sample_id
)

SELECT
    label.sample_id,
    coalesce(in_mine.mine_id, label.mine_id) AS mine_id,
    coalesce(label.biome, in_biome.biome) AS biome,
    label.longitude,
    label.latitude,
    label.change,
    label.predicted_year,
    label.reference_change,
    label.reference_year,
    coalesce(
        label.stratum,
        concat_ws(' ', coalesce(label.predicted_year::VARCHAR, 'unchanged'), place.stratum_km2)
    ) AS stratum,
    place.stratum_km2,
    label.interpreter
FROM raw.label
INNER JOIN place ON label.sample_id = place.sample_id
LEFT JOIN in_mine ON label.sample_id = in_mine.sample_id
LEFT JOIN in_biome ON label.sample_id = in_biome.sample_id
ORDER BY label.sample_id;

COMMENT ON VIEW core.interpreted_sample IS
'Every interpreted sample with its mine and biome, by its place.';
COMMENT ON COLUMN core.interpreted_sample.sample_id IS 'Number of the sample.';
COMMENT ON COLUMN core.interpreted_sample.mine_id IS 'Mine that holds the pixel''s centre.';
COMMENT ON COLUMN core.interpreted_sample.biome IS 'Biome, of the file or by the biome layer.';
COMMENT ON COLUMN core.interpreted_sample.longitude IS 'Longitude of the pixel''s centre, degrees.';
COMMENT ON COLUMN core.interpreted_sample.latitude IS 'Latitude of the pixel''s centre, degrees.';
COMMENT ON COLUMN core.interpreted_sample.change IS
'disturbed, reclaimed or unchanged on the map; NULL where not recorded.';
COMMENT ON COLUMN core.interpreted_sample.predicted_year IS
'Year of the change on the map; NULL for unchanged.';
COMMENT ON COLUMN core.interpreted_sample.reference_change IS
'disturbed or reclaimed as the interpreter saw it; NULL where not recorded.';
COMMENT ON COLUMN core.interpreted_sample.reference_year IS
'Year that the interpreter saw; NULL: no transition.';
COMMENT ON COLUMN core.interpreted_sample.stratum IS 'What the sample was drawn from.';
COMMENT ON COLUMN core.interpreted_sample.stratum_km2 IS
'Area of the stratum when the sample was drawn, km2; NULL where not recorded.';
COMMENT ON COLUMN core.interpreted_sample.interpreter IS 'Who looked.';
