-- place_change: Vegetated land that mines took (developed) and that came back (reclaimed) each year, and the gap.
--
-- Needs:     landcover
-- Finding:   {% set new = rows[0] %} {% set peak = rows|sort(attribute='developed_km2', reverse=true)|first %}In
--            {{ new.year }} mines took {{ new.developed_km2|km2 }} of vegetated land, and {{ new.reclaimed_km2|km2 }}
--            came back{% if peak.year != new.year %}; most was taken in {{ peak.year }},
--            {{ peak.developed_km2|km2 }}{% endif %}
-- Caveat:    Maps before 2000 are five years apart: what changed between two of them is spread evenly over the years.
SELECT
    year,
    sum(developed_km2) AS developed_km2,
    sum(reclaimed_km2) AS reclaimed_km2,
    sum(gap_km2) AS gap_km2
FROM country_disturbance_yearly
WHERE iso3 = $iso3 AND is_in_totals
GROUP BY year
ORDER BY year DESC;
