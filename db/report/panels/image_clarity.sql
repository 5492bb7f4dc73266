-- image_clarity: How clear the chosen images are, by year.
--
-- Panel:     sepin2025 TS2
-- Needs:     images
-- Finding:   {% set by = rows|sort(attribute='mean', reverse=true) %}Images were clearest in {{ by[0].year }}
--            ({{ by[0].mean|percent }} without cloud and haze on average){% if by|length > 1 %} and least clear in
--            {{ by[-1].year }} ({{ by[-1].mean|percent }}){% endif %}
-- Caveat:    Line: the median site; band: four of five sites.
-- Published: section = 'Table S2'
SELECT
    year,
    mean,
    sd,
    p01,
    p05,
    p10,
    p50,
    p90
FROM image_visibility
ORDER BY year DESC;
