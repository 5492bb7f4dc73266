-- core.score: accuracy, precision, recall, false_positive_rate, mcc, f1 and iou of a confusion of mine and other.
--
-- Reads:   nothing.
-- Caveat:  a struct; a measure whose denominator is zero is NULL. Takes doubles, whose products do not overflow.
-- Method:  docs/methods.md#segmentation (Matthews 1975)
CREATE OR REPLACE MACRO core.score(tp, fp, fn, tn) AS {
    'accuracy': (tp + tn) / nullif(tp + fp + fn + tn, 0),
    'precision': tp / nullif(tp + fp, 0),
    'recall': tp / nullif(tp + fn, 0),
    'false_positive_rate': fp / nullif(fp + tn, 0),
    'mcc': (tp * tn - fp * fn) / nullif(sqrt(tp + fp) * sqrt(tp + fn) * sqrt(tn + fp) * sqrt(tn + fn), 0),
    'f1': 2 * tp / nullif(2 * tp + fp + fn, 0),
    'iou': tp / nullif(tp + fp + fn, 0)
};
