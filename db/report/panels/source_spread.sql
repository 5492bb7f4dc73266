-- source_spread: Area of the final mines that each source draws, and all together, in the 15 largest countries.
--
-- Needs:     countries
-- Finding:   {% set ns = namespace(most=0, where='', low=0, high=0) %}
--            {% for name, part in rows|groupby('country') %}
--            {% set own = part|rejectattr('dataset', 'eq', 'union')|map(attribute='area_km2')|list %}
--            {% if own|max - own|min > ns.most %} {% set ns.most = own|max - own|min %} {% set ns.where = name %}
--            {% set ns.low = own|min %} {% set ns.high = own|max %} {% endif %} {% endfor %}
--            {% if ns.where %}The sources lie furthest apart in {{ ns.where }}: {{ ns.low|km2 }} by one,
--            {{ ns.high|km2 }} by another{% else %}One source alone draws the mines of each country{% endif %}
-- Caveat:    A mine counts whole for the country with most of it. Ground that was erased counts for no source.
SELECT
    spread.name AS country,
    spread.dataset,
    spread.area_km2,
    spread.share_of_union,
    spread.alone_km2,
    spread.n_mines
FROM source_spread AS spread
INNER JOIN country_summary ON spread.iso3 = country_summary.iso3
WHERE spread.scope = 'country' AND country_summary.area_rank <= 15
ORDER BY country_summary.area_rank ASC, spread.dataset = 'union' DESC, spread.dataset ASC;
