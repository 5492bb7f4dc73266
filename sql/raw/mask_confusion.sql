-- mask_confusion: pixels of held-out masks by what the model says of them, at every threshold.
--
-- Grain:   one row per year, threshold.
-- Reads:   nothing; loaders fill it.
CREATE TABLE raw.mask_confusion (
    year INTEGER NOT NULL,
    threshold DOUBLE NOT NULL,
    true_positive BIGINT NOT NULL,
    false_positive BIGINT NOT NULL,
    false_negative BIGINT NOT NULL,
    true_negative BIGINT NOT NULL
);

COMMENT ON TABLE raw.mask_confusion IS
'Pixels of held-out masks by what the model says of them, at every threshold.';
COMMENT ON COLUMN raw.mask_confusion.year IS 'Year of the chips.';
COMMENT ON COLUMN raw.mask_confusion.threshold IS 'Probability from which a pixel is mine, 0-1.';
COMMENT ON COLUMN raw.mask_confusion.true_positive IS 'Pixels that are mine and said to be.';
COMMENT ON COLUMN raw.mask_confusion.false_positive IS 'Pixels that are no mine but said to be.';
COMMENT ON COLUMN raw.mask_confusion.false_negative IS 'Pixels that are mine but not said to be.';
COMMENT ON COLUMN raw.mask_confusion.true_negative IS 'Pixels that are no mine and not said to be.';
