-- mine: every mine with its outline, area and place.
--
-- Grain:   one row per mine.
-- Reads:   core.mine, core.mine_country, core.mine_protected, core.mine_region, core.mine_name, core.place_source.
-- Layers:  biome.
-- Caveat:  without outlines of countries or of protected areas nothing is known of either, which is NULL.
-- Method:  docs/methods.md#mine (Xu et al. 2025, section 2.1)
CREATE OR REPLACE VIEW mine AS
SELECT
    mine.mine_id,
    mine.area_km2,
    mine.longitude,
    mine.latitude,
    mine_country.iso3,
    mine_country.country,
    mine_country.continent,
    mine_country.study_region,
    biome.region_id AS biome,
    CASE WHEN place_source.has_countries THEN coalesce(mine_country.is_offshore, TRUE) END AS is_offshore,
    CASE WHEN place_source.has_protected THEN coalesce(mine_protected.area_km2, 0) END AS protected_area_km2,
    mine_name.name,
    mine_name.commodity,
    mine.geometry
FROM core.mine
CROSS JOIN core.place_source
LEFT JOIN core.mine_country ON mine.mine_id = mine_country.mine_id
LEFT JOIN core.mine_protected ON mine.mine_id = mine_protected.mine_id
LEFT JOIN core.mine_region AS biome ON mine.mine_id = biome.mine_id AND biome.layer = 'biome' AND biome.is_main
LEFT JOIN core.mine_name ON mine.mine_id = mine_name.mine_id;

COMMENT ON VIEW mine IS 'Every mine with its outline, area and place.';
COMMENT ON COLUMN mine.mine_id IS 'Id of the mine, twelve characters made from its outline: stable across builds.';
COMMENT ON COLUMN mine.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN mine.longitude IS 'Longitude of a point inside the mine, degrees.';
COMMENT ON COLUMN mine.latitude IS 'Latitude of a point inside the mine, degrees.';
COMMENT ON COLUMN mine.iso3 IS 'Code of the country with most of the mine; NULL far from any.';
COMMENT ON COLUMN mine.country IS 'Name of that country.';
COMMENT ON COLUMN mine.continent IS 'Continent that most of the mine lies on; offshore that of the nearest ground.';
COMMENT ON COLUMN mine.study_region IS
'Region of Sepin et al. (Americas, Africa, Asia and Oceania), or another continent, by where the ground lies.';
COMMENT ON COLUMN mine.biome IS 'Biome that most of the mine lies in; NULL without [validation.biomes] or outside all.';
COMMENT ON COLUMN mine.is_offshore IS 'Whether the mine lies outside every country''s outline; NULL without outlines.';
COMMENT ON COLUMN mine.protected_area_km2 IS
'Area inside Key Biodiversity Areas (or the protected areas given), km2, each place counted once; NULL without any.';
COMMENT ON COLUMN mine.name IS 'Name, of the best match in [[attributes]]; NULL where none has one.';
COMMENT ON COLUMN mine.commodity IS 'Commodities, of the best match in [[attributes]]; NULL where none has any.';
COMMENT ON COLUMN mine.geometry IS 'Polygon, EPSG:4326, longitude first.';
