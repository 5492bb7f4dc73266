-- core.grid_piece: the parts of a projected outline in squares of a grid: a list of cell_x, cell_y and area_igh_m2.
--
-- Caveat:  squares of its bounding box that it does not reach have area 0.
-- Method:  docs/methods.md#grid
CREATE OR REPLACE MACRO core.grid_piece(outline, side_m) AS
flatten(
    list_transform(
        range(floor(ST_XMin(outline) / side_m)::BIGINT, floor(ST_XMax(outline) / side_m)::BIGINT + 1),
        lambda x: list_transform(
            range(floor(ST_YMin(outline) / side_m)::BIGINT, floor(ST_YMax(outline) / side_m)::BIGINT + 1),
            lambda y: {
                'cell_x': x,
                'cell_y': y,
                'area_igh_m2': ST_Area(
                    ST_Intersection(
                        outline,
                        ST_MakeEnvelope(x * side_m, y * side_m, (x + 1) * side_m, (y + 1) * side_m)
                    )
                )
            }
        )
    )
);
