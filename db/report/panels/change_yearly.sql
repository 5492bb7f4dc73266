-- change_yearly: Vegetated land that mines took (developed) and that came back (reclaimed) each year, and the gap.
--
-- Panel:     xu2025 6a
-- Needs:     landcover
-- Finding:   {% set new = rows[0] %} {% set peak = rows|sort(attribute='developed_km2', reverse=true)|first %}In
--            {{ new.year }} mines took {{ new.developed_km2|km2 }} of vegetated land, and {{ new.reclaimed_km2|km2 }}
--            came back{% if peak.year != new.year %}; most was taken in {{ peak.year }},
--            {{ peak.developed_km2|km2 }}{% endif %}
-- Caveat:    Maps before 2000 are five years apart: what changed between two of them is spread evenly over the years.
-- Published: section = '3.2' AND metric IN ('disturbed_area_per_year', 'reclaimed_area_per_year')
SELECT
    year,
    developed_km2,
    reclaimed_km2,
    gap_km2
FROM disturbance_yearly
ORDER BY year DESC;
