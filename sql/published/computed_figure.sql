-- core.computed_figure: this build's figures, named as the studies name theirs.
--
-- Grain:   one row per study, scope, name, period, metric.
-- Reads:   core.computed_place, core.computed_landcover, core.computed_status, core.computed_validation,
--          core.computed_segmentation, core.computed_score, core.protected_kind.
-- Caveat:  figures of Key Biodiversity Areas are left out where the protected areas given are others.
-- Method:  docs/methods.md#published-figures
CREATE OR REPLACE VIEW core.computed_figure AS
SELECT
    'xu2025' AS study,
    scope,
    name,
    cast(NULL AS VARCHAR) AS period,
    metric,
    computed
FROM core.computed_place
WHERE NOT starts_with(metric, 'kba') OR (SELECT protected_kind.is_kba FROM core.protected_kind)
UNION ALL
SELECT
    'xu2025' AS study,
    scope,
    name,
    period,
    metric,
    computed
FROM core.computed_landcover
UNION ALL
SELECT
    'xu2025' AS study,
    scope,
    name,
    period,
    metric,
    computed
FROM core.computed_status
UNION ALL
SELECT
    'xu2025' AS study,
    scope,
    name,
    cast(NULL AS VARCHAR) AS period,
    metric,
    computed
FROM core.computed_validation
UNION ALL
SELECT
    'sepin2025' AS study,
    scope,
    name,
    period,
    metric,
    computed
FROM core.computed_segmentation
UNION ALL
SELECT
    'sepin2025' AS study,
    scope,
    name,
    period,
    metric,
    computed
FROM core.computed_score;

COMMENT ON VIEW core.computed_figure IS 'This build''s figures, named as the studies name theirs.';
COMMENT ON COLUMN core.computed_figure.study IS 'xu2025 or sepin2025.';
COMMENT ON COLUMN core.computed_figure.scope IS 'What kind of thing the figure is about.';
COMMENT ON COLUMN core.computed_figure.name IS 'Which one.';
COMMENT ON COLUMN core.computed_figure.period IS 'Year or years as printed; NULL where the figure has none.';
COMMENT ON COLUMN core.computed_figure.metric IS 'What was measured.';
COMMENT ON COLUMN core.computed_figure.computed IS 'The figure, in the unit of the study.';
