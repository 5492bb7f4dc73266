-- core.without_gaps: a union with its hairline gaps closed on a grid of snap_degrees; as it is where it has none.
CREATE OR REPLACE MACRO core.without_gaps(united, snap_degrees) AS
CASE
    WHEN core.has_gap(united, ST_ReducePrecision(united, snap_degrees), snap_degrees)
        THEN ST_ReducePrecision(united, snap_degrees)
    ELSE united
END;
