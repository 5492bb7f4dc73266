-- mk_slope: Sen's slope of a series, the median change for one place in the list.
--
-- Grain:   one number from a list of numbers in the order of time.
-- Reads:   nothing.
-- Caveat:  a missing entry keeps its place, so a list with NULL for a year without data is right.
-- Method:  docs/methods.md#trends (Theil 1950, Sen 1968)
CREATE OR REPLACE MACRO mk_slope(series) AS
list_median(list_filter(
    flatten(list_transform(range(1, len(series)), LAMBDA place: list_transform(
        range(1, len(series) - place + 1),
        LAMBDA distance: (series[place + distance]::DOUBLE - series[place]::DOUBLE) / distance
    ))),
    LAMBDA slope: isfinite(slope)
));
