-- place_status: Active, closed and undefined mines, share of their number and of their area here.
--
-- Needs:     status
-- Finding:   {% set by = dict() %} {% for row in rows %} {% set _ = by.update({row.status: row}) %} {% endfor %}
--            {% if 'active' in by %}{{ by.active.n_share|percent }} of the mines are active, with
--            {{ by.active.area_share|percent }} of the area{% else %}No mine is
--            active{% endif %}{% if 'undefined' in by %}; of {{ by.undefined.n_share|percent }} the trends don't
--            tell{% endif %}
-- Caveat:    A mine without any real change is called active or closed by chance in about one of twenty cases, with
--            three indicators of six years.
SELECT
    status,
    n_mines,
    n_share,
    mine_area_km2 AS area_km2,
    area_share
FROM region_status
WHERE layer = $layer AND region_id = $region_id
ORDER BY status;
