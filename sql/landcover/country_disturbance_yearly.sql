-- country_disturbance_yearly: development and reclamation by country, year and cover type.
--
-- Grain:   one row per iso3, year, cover_type where either is above zero.
-- Reads:   core.disturbance_by_type.
-- Caveat:  a mine counts for the one country that holds most of it; sum over cover_type for all of a country.
-- Method:  docs/methods.md#transitions (Xu et al. 2025, section 3.2 and Figure A4)
CREATE OR REPLACE VIEW country_disturbance_yearly AS
SELECT
    iso3,
    country,
    continent,
    year,
    cover_type,
    developed_km2,
    reclaimed_km2,
    developed_km2 - reclaimed_km2 AS gap_km2
FROM core.disturbance_by_type
WHERE iso3 IS NOT NULL;

COMMENT ON VIEW country_disturbance_yearly IS
'Development and reclamation by country, year and cover type.';
COMMENT ON COLUMN country_disturbance_yearly.iso3 IS 'Three-letter country code.';
COMMENT ON COLUMN country_disturbance_yearly.country IS 'Name of the country.';
COMMENT ON COLUMN country_disturbance_yearly.continent IS 'Name of the continent.';
COMMENT ON COLUMN country_disturbance_yearly.year IS 'Calendar year.';
COMMENT ON COLUMN country_disturbance_yearly.cover_type IS
'Cover type lost by development or won by reclamation.';
COMMENT ON COLUMN country_disturbance_yearly.developed_km2 IS
'Area from vegetated to mine-related (DEV), km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN country_disturbance_yearly.reclaimed_km2 IS
'Area from mine-related to vegetated (REC), km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN country_disturbance_yearly.gap_km2 IS 'Disturbed minus reclaimed area, km2.';
