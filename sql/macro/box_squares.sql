-- core.box_squares: numbers of the squares that a bounding box reaches into.
--
-- Caveat:  polygons whose boxes meet share a square: equality of these numbers finds them by a hash join, which takes
--          the year beside, where a spatial join would test every year against every other.
CREATE OR REPLACE MACRO core.box_squares(xmin, ymin, xmax, ymax) AS
flatten(
    list_transform(
        range(core.box_row(xmin), core.box_row(xmax) + 1),
        lambda x: list_transform(
            range(core.box_row(ymin), core.box_row(ymax) + 1), lambda y: core.box_square(x, y)
        )
    )
);
