-- lag: How many years the map dates a change too late, or, below zero, too early.
--
-- Panel:     xu2025 A6b
-- Needs:     validation
-- Finding:   {% set seen = rows|rejectattr('lag_years', 'none')|list %} {% if seen %}
--            {% set top = seen|sort(attribute='n', reverse=true)|first %}The commonest lag is
--            {{ top.lag_years|count('year') }}, in {{ top.share|percent }} of the samples{% else %}No interpreter saw
--            a transition{% endif %}
-- Caveat:    Samples in which no transition was seen are in the table only.
SELECT
    lag_years,
    n,
    share
FROM validation_lag
ORDER BY lag_years;
