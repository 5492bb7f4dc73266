-- place_indicator: Greenness, night light and other series over the mine area, by year.
--
-- Needs:     status
-- Finding:   {% set name = rows[0].indicator %}{% set own = rows|selectattr('indicator', 'eq', name)|list %}
--            {{ name|upper }} over the mines went from {{ own[-1].value|number }} in {{ own[-1].year }} to
--            {{ own[0].value|number }} in {{ own[0].year }}
-- Caveat:    ndvi: greenness; ntl: night-time light. Means over mine area with data.
SELECT
    indicator,
    year,
    value,
    coverage_share,
    n_mines
FROM region_indicator_yearly
WHERE layer = $layer AND region_id = $region_id
ORDER BY indicator ASC, year DESC;
