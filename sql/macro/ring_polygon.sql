-- core.ring_polygon: the polygon between a western and an eastern side, each a list of points from south to north.
--
-- Caveat:  where the sides run together there is no ground between them. Needs the spatial extension.
CREATE OR REPLACE MACRO core.ring_polygon(west, east) AS
ST_CollectionExtract(
    ST_MakeValid(ST_MakePolygon(ST_MakeLine(list_concat(west, list_reverse(east), [west[1]])))), 3
);
