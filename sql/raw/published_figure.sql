-- published_figure: figures that the two studies printed.
--
-- Grain:   one row per study, section, scope, name, period, metric.
-- Reads:   nothing; loaders fill it.
CREATE TABLE raw.published_figure (
    study VARCHAR,
    section VARCHAR,
    scope VARCHAR,
    name VARCHAR,
    period VARCHAR,
    metric VARCHAR,
    published DOUBLE,
    unit VARCHAR,
    note VARCHAR
);

COMMENT ON TABLE raw.published_figure IS 'Figures that the two studies printed.';
COMMENT ON COLUMN raw.published_figure.study IS 'xu2025 or sepin2025.';
COMMENT ON COLUMN raw.published_figure.section IS 'Section or table of the study.';
COMMENT ON COLUMN raw.published_figure.scope IS 'What the figure is about: world, continent, country, ...';
COMMENT ON COLUMN raw.published_figure.name IS 'Which one.';
COMMENT ON COLUMN raw.published_figure.period IS 'Year or years; NULL where the figure has none.';
COMMENT ON COLUMN raw.published_figure.metric IS 'What was measured.';
COMMENT ON COLUMN raw.published_figure.published IS 'The figure as printed, in the unit of this row.';
COMMENT ON COLUMN raw.published_figure.unit IS 'count, km2, percent or share (0-1).';
COMMENT ON COLUMN raw.published_figure.note IS
'What else the study prints of it; NULL where it agrees with itself.';
