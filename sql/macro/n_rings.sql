-- core.n_rings: number of rings of a polygon or multipolygon: outlines and holes.
CREATE OR REPLACE MACRO core.n_rings(geometry) AS
ST_NumGeometries(ST_Multi(ST_Boundary(geometry)));
