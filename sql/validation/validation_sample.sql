-- core.validation_sample: every interpreted sample with its mine, biome and lag.
--
-- Grain:   one row per sample_id.
-- Reads:   raw.label, raw.biome, core.mine.
-- Stored:  yes.
-- Caveat:  the centre of a pixel at a mine's edge may lie outside it: mine_id is then what the file says.
-- Method:  docs/methods.md#validation (Xu et al. 2025, section 2.4)
CREATE OR REPLACE VIEW core.validation_sample AS
WITH place AS (
    SELECT
        sample_id,
        ST_Point(longitude, latitude) AS point
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
    label.reference_year,
    label.predicted_year - label.reference_year AS lag_years,
    label.stratum_km2,
    label.interpreter
FROM raw.label
LEFT JOIN in_mine ON label.sample_id = in_mine.sample_id
LEFT JOIN in_biome ON label.sample_id = in_biome.sample_id
ORDER BY label.sample_id;

COMMENT ON VIEW core.validation_sample IS 'Every interpreted sample with its mine, biome and lag.';
COMMENT ON COLUMN core.validation_sample.sample_id IS 'Number of the sample.';
COMMENT ON COLUMN core.validation_sample.mine_id IS 'Mine that holds the pixel''s centre.';
COMMENT ON COLUMN core.validation_sample.biome IS 'Biome, of the file or by the biome layer.';
COMMENT ON COLUMN core.validation_sample.longitude IS 'Longitude of the pixel''s centre, degrees.';
COMMENT ON COLUMN core.validation_sample.latitude IS 'Latitude of the pixel''s centre, degrees.';
COMMENT ON COLUMN core.validation_sample.change IS 'disturbed or reclaimed; NULL where not recorded.';
COMMENT ON COLUMN core.validation_sample.predicted_year IS 'Year of the change on the map.';
COMMENT ON COLUMN core.validation_sample.reference_year IS
'Year that the interpreter saw; NULL: no transition.';
COMMENT ON COLUMN core.validation_sample.lag_years IS 'Predicted less reference year, years.';
COMMENT ON COLUMN core.validation_sample.stratum_km2 IS
'Area of the stratum when the sample was drawn, km2; NULL where not recorded.';
COMMENT ON COLUMN core.validation_sample.interpreter IS 'Who looked.';
