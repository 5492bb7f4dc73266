-- load_issue: what was repaired, set aside or noted while loading.
--
-- Grain:   one row per source, feature and problem.
-- Reads:   nothing; loaders fill it.
CREATE TABLE raw.load_issue (
    source VARCHAR,
    feature_id VARCHAR,
    problem VARCHAR,
    action VARCHAR,
    n BIGINT,
    area_change_km2 DOUBLE,
    detail VARCHAR,
    area_before_km2 DOUBLE
);

COMMENT ON TABLE raw.load_issue IS 'What was repaired, set aside or noted while loading.';
COMMENT ON COLUMN raw.load_issue.source IS 'Name of the source in the project file.';
COMMENT ON COLUMN raw.load_issue.feature_id IS 'Id of the feature; NULL where the row counts several.';
COMMENT ON COLUMN raw.load_issue.problem IS 'What was wrong.';
COMMENT ON COLUMN raw.load_issue.action IS 'What was done: set aside, repaired, split, noted, ...';
COMMENT ON COLUMN raw.load_issue.n IS 'Number of features or pixels concerned.';
COMMENT ON COLUMN raw.load_issue.area_change_km2 IS 'Area after less area before, km2; NULL where no area changed.';
COMMENT ON COLUMN raw.load_issue.detail IS 'More on the place or the value.';
COMMENT ON COLUMN raw.load_issue.area_before_km2 IS
'Area as published, with the signs of rings that cross themselves, km2; NULL where no area changed.';
