-- protected_area_table: The Key Biodiversity Areas with most mine area.
--
-- Needs:     protected
-- Finding:   {{ rows[0].area_name or 'An area without a name' }} holds most mine area of all:
--            {{ rows[0].area_km2|km2 }} in {{ rows[0].n_mines|count('mine') }}
-- Caveat:    Areas that overlap each other each count what they hold.
SELECT
    protected_name AS area_name,
    n_mines,
    area_km2
FROM protected_summary
ORDER BY area_km2 DESC, area_name ASC
LIMIT 30;
