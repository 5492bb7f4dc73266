-- longitude_profile: number and area of mines by degree of longitude.
--
-- Grain:   one row per whole degree that holds a mine.
-- Reads:   core.mine.
-- Caveat:  a mine counts whole where a point inside it lies.
-- Method:  docs/methods.md#mine (Xu et al. 2025, Figure 4a)
CREATE OR REPLACE VIEW longitude_profile AS
SELECT
    floor(longitude)::INTEGER AS degree,
    count(*) AS n_mines,
    core.reproducible_sum(area_km2) AS area_km2
FROM core.mine
GROUP BY degree
ORDER BY degree;

COMMENT ON VIEW longitude_profile IS 'Number and area of mines by degree of longitude.';
COMMENT ON COLUMN longitude_profile.degree IS 'Lower edge of the degree of longitude.';
COMMENT ON COLUMN longitude_profile.n_mines IS 'Number of mines.';
COMMENT ON COLUMN longitude_profile.area_km2 IS 'Their area, km2, on the WGS84 ellipsoid.';
