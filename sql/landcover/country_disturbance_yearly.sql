-- country_disturbance_yearly: development and reclamation by country, year and cover type.
--
-- Grain:   one row per iso3, year, cover_type where either is above zero.
-- Reads:   core.region_disturbance, core.country.
-- Layers:  country.
-- Caveat:  mines are split at borders: what lies inside each country, as in region_yearly. Sum the rows with
--          is_in_totals for all of a country.
-- Method:  docs/methods.md#transitions (Xu et al. 2025, section 3.2 and Figures 6d and A3)
CREATE OR REPLACE VIEW country_disturbance_yearly AS
SELECT
    disturbance.region_id AS iso3,
    country.country,
    country.continent,
    disturbance.year,
    disturbance.cover_type,
    disturbance.developed_km2,
    disturbance.reclaimed_km2,
    disturbance.developed_km2 - disturbance.reclaimed_km2 AS gap_km2,
    disturbance.is_in_totals,
    disturbance.developed_dry_km2,
    disturbance.reclaimed_dry_km2
FROM core.region_disturbance AS disturbance
INNER JOIN core.country ON disturbance.region_id = country.iso3
WHERE disturbance.layer = 'country'
ORDER BY disturbance.region_id, disturbance.year, disturbance.cover_type;

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
COMMENT ON COLUMN country_disturbance_yearly.gap_km2 IS 'Developed less reclaimed area, km2.';
COMMENT ON COLUMN country_disturbance_yearly.is_in_totals IS
'Whether totals over cover types count it (parameter cover_types_apart).';
COMMENT ON COLUMN country_disturbance_yearly.developed_dry_km2 IS
'Development without water: of developed_km2, what did not become water, km2.';
COMMENT ON COLUMN country_disturbance_yearly.reclaimed_dry_km2 IS
'Of reclaimed_km2, what had not been water, km2.';
