-- reclamation_rate: share of the mine area that is not bare, for the world, continents and countries, by year.
--
-- Grain:   one row per scope, name, year.
-- Reads:   bare_surface_yearly.
-- Caveat:  weighted by area; mines are split at borders. No share where the legend has no mine-related class, or no
--          mine ever shows one: reason says which.
-- Method:  docs/methods.md#bare-surface (Xu et al. 2025, section 3.2 and Figure A5)
CREATE OR REPLACE VIEW reclamation_rate AS
SELECT
    scope,
    name,
    iso3,
    year,
    1 - bare_surface_share AS reclamation_share,
    n_mines,
    reason
FROM bare_surface_yearly
ORDER BY scope, name, iso3, year;

COMMENT ON VIEW reclamation_rate IS
'Share of the mine area that is not bare, for the world, continents and countries, by year.';
COMMENT ON COLUMN reclamation_rate.scope IS 'world, continent or country.';
COMMENT ON COLUMN reclamation_rate.name IS 'World, or the name of the continent or country.';
COMMENT ON COLUMN reclamation_rate.iso3 IS 'Three-letter country code; NULL for the world and continents.';
COMMENT ON COLUMN reclamation_rate.year IS 'Calendar year.';
COMMENT ON COLUMN reclamation_rate.reclamation_share IS
'1 - mine-related area divided by the area with data, 0-1.';
COMMENT ON COLUMN reclamation_rate.n_mines IS 'Mines with data in that year.';
COMMENT ON COLUMN reclamation_rate.reason IS 'Why there is no share; NULL where there is one.';
