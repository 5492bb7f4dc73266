-- core.area_km2: area of a polygon (longitude, latitude) on the WGS84 ellipsoid, km2.
--
-- Caveat:  needs the spatial extension. ST_Area_Spheroid takes latitude first unless geometry_always_xy is set. A
--          square at 50 N says which, once a query: 7,892 km2 the right way round, 12,108 the wrong. So every client
--          gets the same area.
-- Method:  docs/methods.md#areas
CREATE OR REPLACE MACRO core.area_km2(polygon) AS
ST_Area_Spheroid(
    CASE
        WHEN ST_Area_Spheroid(ST_MakeEnvelope(0, 50, 1, 51)) < 1e10 THEN polygon
        ELSE ST_FlipCoordinates(polygon)
    END
) / 1e6;
