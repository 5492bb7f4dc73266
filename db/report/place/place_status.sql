-- place_status: Active, closed and undefined mines, share of their number and of their area.
--
-- Needs:     status
-- Finding:   {% set by = dict() %} {% for row in rows %} {% set _ = by.update({row.status: row}) %} {% endfor %}
--            {% if by.active %}{{ by.active.n_share|percent }} of the mines are active, with
--            {{ by.active.area_share|percent }} of the area{% else %}No mine is
--            active{% endif %}{% if by.undefined %}; of {{ by.undefined.n_share|percent }} the trends don't
--            tell{% endif %}
-- Caveat:    A mine without any real change is called active or closed by chance in about one of twenty cases for
--            each indicator.
SELECT
    mine_status.status,
    count(*) AS n_mines,
    count(*) / sum(count(*)) OVER () AS n_share,
    sum(mine.area_km2) AS area_km2,
    sum(mine.area_km2) / sum(sum(mine.area_km2)) OVER () AS area_share
FROM mine
INNER JOIN mine_status ON mine.mine_id = mine_status.mine_id
WHERE mine.iso3 = $iso3
GROUP BY mine_status.status
ORDER BY mine_status.status;
