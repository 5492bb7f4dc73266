-- core.igh_crs: Interrupted Goode Homolosine on WGS84, m, as PROJ writes it.
CREATE OR REPLACE MACRO core.igh_crs() AS '+proj=igh +lon_0=0 +datum=WGS84 +units=m +no_defs';
