-- source_overlap: Area of the mines that one source maps, and of those that several map, in the 15 largest countries.
--
-- Needs:     countries
-- Finding:   {% set all = rows|sum(attribute='area_km2') %}
--            {% set alone = rows|selectattr('n_sources', 'eq', 1)|list %}
--            {{ (alone|sum(attribute='area_km2') / all)|percent }} of the mine area is in mines that one source alone
--            maps, {{ (alone|sum(attribute='n_mines') / rows|sum(attribute='n_mines'))|percent }} of their number
-- Caveat:    A mine counts whole for the country with most of it, and for all sources that any part of it is from.
WITH mapped AS (
    SELECT
        mine_id,
        string_agg(DISTINCT source, ' and ' ORDER BY source) AS sources,
        count(DISTINCT source) AS n_sources
    FROM mine_source
    GROUP BY mine_id
)

SELECT
    mine.country,
    mapped.sources,
    mapped.n_sources,
    count(*) AS n_mines,
    sum(mine.area_km2) AS area_km2,
    sum(mine.area_km2) / sum(sum(mine.area_km2)) OVER (PARTITION BY mine.country) AS area_share
FROM mine
INNER JOIN mapped ON mine.mine_id = mapped.mine_id
INNER JOIN country_summary ON mine.iso3 = country_summary.iso3
WHERE country_summary.area_rank <= 15
GROUP BY mine.country, mapped.sources, mapped.n_sources
ORDER BY
    sum(sum(mine.area_km2)) OVER (PARTITION BY mine.country) DESC,
    mine.country ASC,
    mapped.n_sources DESC,
    mapped.sources ASC;
