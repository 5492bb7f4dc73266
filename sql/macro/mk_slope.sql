-- mk_slope: Sen's slope of a series, the median change for one place in the list.
--
-- Grain:   one number from a list of numbers in the order of time.
-- Reads:   nothing.
-- Caveat:  a missing entry keeps its place, so a list with NULL for a year without data is right.
-- Method:  docs/methods.md#trends (Theil 1950, Sen 1968)
CREATE OR REPLACE MACRO mk_slope(series) AS
    list_median(list_filter(
        flatten(list_transform(
            series::DOUBLE[],
            lambda earlier, place: list_transform(
                series[place + 1:]::DOUBLE[],
                lambda later, distance: (later - earlier) / distance
            )
        )),
        lambda slope: isfinite(slope)
    ));
