-- published_figure: figures that the two studies printed.
--
-- Grain:   one row per study, section, scope, name, period, metric.
-- Reads:   raw.published_figure.
-- Caveat:  inconsistencies in print are kept as printed.
-- Method:  docs/methods.md#published-figures
CREATE OR REPLACE VIEW published_figure AS
SELECT
    study,
    section,
    scope,
    name,
    period,
    metric,
    published,
    unit,
    note
FROM raw.published_figure
ORDER BY study, section, scope, name, period, metric;

COMMENT ON VIEW published_figure IS 'Figures that the two studies printed.';
COMMENT ON COLUMN published_figure.study IS 'xu2025 or sepin2025.';
COMMENT ON COLUMN published_figure.section IS 'Section or table of the study.';
COMMENT ON COLUMN published_figure.scope IS 'What kind of thing the figure is about.';
COMMENT ON COLUMN published_figure.name IS 'Which one.';
COMMENT ON COLUMN published_figure.period IS 'Year or years; NULL where the figure has none.';
COMMENT ON COLUMN published_figure.metric IS 'What was measured.';
COMMENT ON COLUMN published_figure.published IS 'The figure as printed, in its unit.';
COMMENT ON COLUMN published_figure.unit IS 'count, km2, percent or share (0-1).';
COMMENT ON COLUMN published_figure.note IS
'What else the study prints of it; NULL where it agrees with itself.';
