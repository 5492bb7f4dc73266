-- core.footprint_threshold: the thresholds at which footprints are set side by side.
--
-- Grain:   one row per threshold; a single row with NULL where the project segments nothing itself.
-- Reads:   raw.segmented_threshold.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW core.footprint_threshold AS
SELECT
    threshold,
    is_main
FROM raw.segmented_threshold

UNION ALL

SELECT
    NULL::DOUBLE AS threshold,
    TRUE AS is_main
WHERE NOT EXISTS (SELECT 1 FROM raw.segmented_threshold);

COMMENT ON VIEW core.footprint_threshold IS 'The thresholds at which footprints are set side by side.';
COMMENT ON COLUMN core.footprint_threshold.threshold IS
'Probability from which a pixel is mine, 0-1; NULL where the project segments nothing itself.';
COMMENT ON COLUMN core.footprint_threshold.is_main IS 'Whether tables of one threshold only take this one.';
