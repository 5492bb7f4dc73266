-- place_protected: Mines inside Key Biodiversity Areas.
--
-- Needs:     protected
-- Finding:   {{ rows[0].n_mines|count('mine') }} {{ 'reaches' if rows[0].n_mines == 1 else 'reach' }} into Key
--            Biodiversity Areas, with {{ rows[0].area_km2|km2 }} inside,
--            {{ (rows[0].area_km2 / facts.area_km2)|percent }} of the mine area
SELECT
    n_mines,
    area_km2,
    mean_area_km2
FROM protected_country_summary
WHERE iso3 = $iso3;
