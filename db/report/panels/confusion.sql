-- confusion: Year of change on the map against the year that interpreters saw.
--
-- Panel:     xu2025 A6a
-- Needs:     validation
-- Finding:   {% set same = rows|selectattr('reference_year')|list %} {% set ns = namespace(n=0) %}
--            {% for row in same %} {% if row.predicted_year == row.reference_year %} {% set ns.n = ns.n + row.n %}
--            {% endif %} {% endfor %} {{ ns.n|number }} of {{ rows|sum(attribute='n')|count('sample') }} carry the
--            very year that interpreters saw
-- Caveat:    Dashed: equal years. Samples without a transition are left out of the drawing.
SELECT
    predicted_year,
    reference_year,
    n
FROM validation_confusion
ORDER BY predicted_year DESC, reference_year DESC;
