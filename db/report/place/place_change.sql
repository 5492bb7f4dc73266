-- place_change: Vegetated land that mines took (developed) and that came back (reclaimed) each year, and the gap.
--
-- Needs:     landcover
-- Finding:   {% set new = rows[0] %} {% set peak = rows|sort(attribute='developed_km2', reverse=true)|first %}In
--            {{ new.year }} mines took {{ new.developed_km2|km2 }} of vegetated land, and {{ new.reclaimed_km2|km2 }}
--            came back{% if peak.year != new.year and peak.developed_km2 %}; most was taken in {{ peak.year }},
--            {{ peak.developed_km2|km2 }}{% endif %}
-- Caveat:    Maps before 2000 are five years apart: what changed between two of them is spread evenly over the years.
SELECT
    year,
    developed_km2,
    reclaimed_km2,
    developed_km2 - reclaimed_km2 AS gap_km2
FROM region_yearly
WHERE layer = $layer AND region_id = $region_id AND developed_km2 IS NOT NULL AND mine_area_km2 > 0
ORDER BY year DESC;
