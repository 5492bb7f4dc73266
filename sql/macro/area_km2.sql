-- core.area_km2: area of a polygon on the WGS84 ellipsoid, km2.
--
-- Caveat:  needs the spatial extension with geometry_always_xy = true (quarrydb.connect sets it).
-- Method:  docs/methods.md#areas
CREATE OR REPLACE MACRO core.area_km2(polygon) AS ST_Area_Spheroid(polygon) / 1e6;
