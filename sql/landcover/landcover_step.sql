-- core.landcover_step: pairs of consecutive epochs.
--
-- Grain:   one row per epoch but the last.
-- Reads:   raw.landcover_epoch.
-- Method:  docs/methods.md#transitions
CREATE OR REPLACE VIEW core.landcover_step AS
SELECT
    position,
    year AS year_from,
    lead(year) OVER (ORDER BY position) AS year_to
FROM raw.landcover_epoch
QUALIFY year_to IS NOT NULL;

COMMENT ON VIEW core.landcover_step IS 'Pairs of consecutive epochs.';
COMMENT ON COLUMN core.landcover_step.position IS 'Position of the earlier one in the lists of classes, from 1.';
COMMENT ON COLUMN core.landcover_step.year_from IS 'Year of the earlier epoch.';
COMMENT ON COLUMN core.landcover_step.year_to IS 'Year of the later epoch.';
