-- status_world: Active, closed and undefined mines, share of their number and of their area.
--
-- Panel:     xu2025 7b
-- Needs:     status
-- Finding:   {% set by = dict() %} {% for row in rows %} {% set _ = by.update({row.status: row}) %} {% endfor %}{% if
--            by.active and by.active.n_mines %}{{ by.active.n_share|percent }} of the mines are active, with
--            {{ by.active.area_share|percent }} of the area{% else %}No mine is active{% endif %}{% if by.undefined %};
--            of {{ by.undefined.n_share|percent }} the trends don't tell{% endif %}
-- Caveat:    Tests go wrong: the table says how many mines chance alone would call active or closed.
-- Published: section = '3.3' AND scope = 'world'
SELECT
    status,
    n_mines,
    n_share,
    area_km2,
    area_share,
    n_by_chance
FROM status_summary
WHERE name = 'World'
ORDER BY status;
