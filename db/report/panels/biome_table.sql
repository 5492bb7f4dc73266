-- biome_table: Share of the samples that agree within the tolerance, by biome.
--
-- Panel:     xu2025 TA3
-- Needs:     validation
-- Finding:   {% set named = rows|selectattr('biome')|sort(attribute='accuracy', reverse=true) %}
--            {% if named|length > 1 %}Dates agree best in {{ named[0].biome }} ({{ named[0].accuracy|percent }}),
--            worst in {{ named[-1].biome }} ({{ named[-1].accuracy|percent }}){% endif %}
-- Published: section = 'Table A3'
SELECT
    biome,
    n,
    accuracy,
    accuracy_low,
    accuracy_high,
    sd
FROM validation_biome
ORDER BY n DESC, biome ASC;
