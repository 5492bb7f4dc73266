-- core.grid_side: points on the globe along an upright line of the grid, from one northing to another, within a lobe.
--
-- Caveat:  a line outside of the lobe runs along the lobe's edge. A hundred steps follow the curves of meridians to
--          2 cm in cells of 100 km. Coordinates are rounded to 1e-9 degrees, so that neighbours share their side.
-- Method:  docs/methods.md#grid
CREATE OR REPLACE MACRO core.grid_side(lobe, x_m, south_m, north_m) AS
list_transform(
    list_transform(
        list_transform(
            range(101),
            lambda i: greatest(least(south_m + (north_m - south_m) * i / 100.0, lobe.y_top_m), lobe.y_bottom_m)
        ),
        lambda y_m: {
            'y_m': y_m,
            'latitude': ST_Y(ST_Transform(ST_Point(lobe.x_middle_m, y_m), core.igh_crs(), 'EPSG:4326'))
        }
    ),
    lambda place: ST_Point(
        round(
            CASE
                WHEN
                    x_m <= ST_X(ST_Transform(ST_Point(lobe.xmin + 1e-9, place.latitude), 'EPSG:4326', core.igh_crs()))
                    THEN lobe.xmin
                WHEN
                    x_m >= ST_X(ST_Transform(ST_Point(lobe.xmax - 1e-9, place.latitude), 'EPSG:4326', core.igh_crs()))
                    THEN lobe.xmax
                ELSE ST_X(ST_Transform(ST_Point(x_m, place.y_m), core.igh_crs(), 'EPSG:4326'))
            END,
            9
        ),
        round(place.latitude, 9)
    )
);
