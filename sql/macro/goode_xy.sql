-- core.goode_xy: an outline's part in one lobe of Interrupted Goode Homolosine, projected, m.
--
-- Caveat:  what lies in several lobes is cut first, or the projection would tear it. Longitude
--          first whatever geometry_always_xy is. Needs the spatial extension.
-- Method:  docs/methods.md#grid
CREATE OR REPLACE MACRO core.goode_xy(outline, lobe_outline) AS
ST_Transform(
    CASE
        WHEN ST_Contains(lobe_outline, outline) THEN outline
        ELSE ST_CollectionExtract(ST_Intersection(outline, lobe_outline), 3)
    END,
    'EPSG:4326',
    '+proj=igh +lon_0=0 +datum=WGS84 +units=m +no_defs',
    always_xy := TRUE
);
