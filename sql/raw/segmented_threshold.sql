-- segmented_threshold: the probabilities from which a pixel is mine, set side by side.
--
-- Grain:   one row per threshold; none in a project that segments nothing.
-- Reads:   nothing; loaders fill it.
CREATE TABLE raw.segmented_threshold (
    threshold DOUBLE NOT NULL,
    is_main BOOLEAN NOT NULL
);

COMMENT ON TABLE raw.segmented_threshold IS
'The probabilities from which a pixel is mine, set side by side.';
COMMENT ON COLUMN raw.segmented_threshold.threshold IS 'Probability, 0-1.';
COMMENT ON COLUMN raw.segmented_threshold.is_main IS
'Whether tables that hold one threshold only take this one: the first of the project file.';
