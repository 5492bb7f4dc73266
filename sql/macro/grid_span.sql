-- core.grid_span: first and last column and row of the grid cells that a box within one lobe reaches into.
--
-- Caveat:  in a lobe a box's corners are its outermost points on the map: rows run along parallels, and meridians bend
--          to one side.
-- Method:  docs/methods.md#grid
CREATE OR REPLACE MACRO core.grid_span(xmin, ymin, xmax, ymax, side_m) AS
list_transform(
    [
        list_transform(
            [ST_Point(xmin, ymin), ST_Point(xmax, ymin), ST_Point(xmin, ymax), ST_Point(xmax, ymax)],
            lambda point: ST_Transform(point, 'EPSG:4326', core.igh_crs())
        )
    ],
    lambda points: {
        'first_x': floor(list_min(list_transform(points, lambda point: ST_X(point))) / side_m)::BIGINT,
        'last_x': floor(list_max(list_transform(points, lambda point: ST_X(point))) / side_m)::BIGINT,
        'first_y': floor(list_min(list_transform(points, lambda point: ST_Y(point))) / side_m)::BIGINT,
        'last_y': floor(list_max(list_transform(points, lambda point: ST_Y(point))) / side_m)::BIGINT
    }
)[1];
