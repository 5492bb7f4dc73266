-- published_comparison: each printed figure beside this build's, and what differs in what they mean.
--
-- Grain:   one row per printed figure; computed is NULL where this build has no data for it.
-- Reads:   raw.published_figure, core.computed_figure, core.definition_note.
-- Caveat:  scores of Sepin et al. 2025 on their own test chips are printed, never computed.
--          The studies' figures are about the whole planet: compare only a build of the same sources.
--          Figures of Key Biodiversity Areas are NULL where the protected areas given are others.
-- Method:  docs/methods.md#published-figures
CREATE OR REPLACE VIEW published_comparison AS
WITH noted AS (
    SELECT
        figure.study,
        figure.scope,
        figure.metric,
        figure.unit,
        string_agg(DISTINCT definition_note.note, '; ' ORDER BY definition_note.note) AS note
    FROM raw.published_figure AS figure
    INNER JOIN core.definition_note
        ON
            figure.study = definition_note.study
            AND regexp_matches(figure.scope, definition_note.scope)
            AND regexp_matches(figure.metric, definition_note.metric)
            AND regexp_matches(figure.unit, definition_note.unit)
    GROUP BY figure.study, figure.scope, figure.metric, figure.unit
)

SELECT
    published_figure.study,
    published_figure.section,
    published_figure.scope,
    published_figure.name,
    published_figure.period,
    published_figure.metric,
    published_figure.unit,
    published_figure.published,
    computed_figure.computed,
    computed_figure.computed / nullif(published_figure.published, 0) AS ratio,
    nullif(concat_ws('; ', published_figure.note, noted.note), '') AS note
FROM raw.published_figure
LEFT JOIN core.computed_figure
    ON
        published_figure.study = computed_figure.study
        AND published_figure.scope = computed_figure.scope
        AND published_figure.name = computed_figure.name
        AND published_figure.metric = computed_figure.metric
        AND published_figure.period IS NOT DISTINCT FROM computed_figure.period
LEFT JOIN noted
    ON
        published_figure.study = noted.study
        AND published_figure.scope = noted.scope
        AND published_figure.metric = noted.metric
        AND published_figure.unit = noted.unit
ORDER BY
    published_figure.study,
    published_figure.section,
    published_figure.scope,
    published_figure.name,
    published_figure.period,
    published_figure.metric;

COMMENT ON VIEW published_comparison IS
'Each printed figure beside this build''s, and what differs in what they mean.';
COMMENT ON COLUMN published_comparison.study IS 'xu2025 or sepin2025.';
COMMENT ON COLUMN published_comparison.section IS 'Section or table of the study.';
COMMENT ON COLUMN published_comparison.scope IS 'What kind of thing the figure is about.';
COMMENT ON COLUMN published_comparison.name IS 'Which one.';
COMMENT ON COLUMN published_comparison.period IS 'Year or years; NULL where the figure has none.';
COMMENT ON COLUMN published_comparison.metric IS 'What was measured.';
COMMENT ON COLUMN published_comparison.unit IS 'Unit of published and computed: count, km2, percent or share (0-1).';
COMMENT ON COLUMN published_comparison.published IS 'The figure as printed.';
COMMENT ON COLUMN published_comparison.computed IS 'This build''s figure; NULL where it has no data for it.';
COMMENT ON COLUMN published_comparison.ratio IS 'computed divided by published.';
COMMENT ON COLUMN published_comparison.note IS
'What differs: what else the study prints, how this build''s definition is another; NULL where nothing does.';
