-- sample_evidence: What an interpreter has to go by: one sample's mine, year by year, beside the mapped year.
--
-- Panel:     xu2025 3
-- Needs:     validation
-- Finding:   Sample {{ rows[0].sample_id }} at {{ rows[0].latitude|north }}, {{ rows[0].longitude|east }} is mapped
--            as changed in {{ rows[0].predicted_year }}; the interpreter saw
--            {% if rows[0].reference_year %}{{ rows[0].reference_year }}{% else %}no change{% endif %}
-- Caveat:    bsp: bare surface percentage, ndvi: greenness, ntl: night-time light, each the mean of the whole mine;
--            the study shows one pixel in Landsat. Line: the mapped year.
-- The first sample whose change lies in years that every indicator covers; else the first.
WITH example AS (
    SELECT
        sample.sample_id,
        sample.mine_id,
        sample.longitude,
        sample.latitude,
        sample.predicted_year,
        sample.reference_year
    FROM validation_sample AS sample
    LEFT JOIN mine_indicator_yearly AS seen
        ON sample.mine_id = seen.mine_id AND sample.predicted_year = seen.year
    WHERE sample.predicted_year IS NOT NULL
    GROUP BY ALL
    ORDER BY count(DISTINCT seen.indicator) DESC, sample.sample_id
    LIMIT 1
)

SELECT
    example.sample_id,
    example.longitude,
    example.latitude,
    series.indicator,
    series.year,
    series.value,
    example.predicted_year,
    example.reference_year
FROM example
INNER JOIN mine_indicator_yearly AS series ON example.mine_id = series.mine_id
ORDER BY series.indicator ASC, series.year DESC;
