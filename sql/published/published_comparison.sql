-- published_comparison: each printed figure beside this build's.
--
-- Grain:   one row per printed figure; computed is NULL where this build has no data for it.
-- Reads:   raw.published_figure, core.computed_figure.
-- Caveat:  the scores of Sepin et al. 2025 (test set, reference points) are printed, never computed.
--          The studies' figures are about the whole planet: compare only a build of the same sources.
--          Figures of Key Biodiversity Areas are NULL where the protected areas given are others.
-- Method:  docs/methods.md#published-figures
CREATE OR REPLACE VIEW published_comparison AS
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
    computed_figure.computed / nullif(published_figure.published, 0) AS ratio
FROM raw.published_figure
LEFT JOIN core.computed_figure
    ON
        published_figure.study = computed_figure.study
        AND published_figure.scope = computed_figure.scope
        AND published_figure.name = computed_figure.name
        AND published_figure.metric = computed_figure.metric
        AND published_figure.period IS NOT DISTINCT FROM computed_figure.period;

COMMENT ON VIEW published_comparison IS 'Each printed figure beside this build''s.';
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
