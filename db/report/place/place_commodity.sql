-- place_commodity: What the mines yield, by area.
--
-- Needs:     attributes
-- Finding:   {% set top = rows[0] %}{% if facts.area_km2 %}Mines of {{ top.commodity }} make
--            {{ (top.area_km2 / facts.area_km2)|percent }} of the mine area{% endif %}
-- Caveat:    A mine of several commodities counts whole for each; mines that no source tells of are in no row.
SELECT
    told.commodity,
    count(*) AS n_mines,
    sum(held.area_km2) AS area_km2
FROM region_overlap AS held
INNER JOIN core.mine_commodity AS told ON held.mine_id = told.mine_id
WHERE held.layer = $layer AND held.region_id = $region_id
GROUP BY told.commodity
ORDER BY area_km2 DESC, told.commodity ASC
LIMIT 20;
