-- core.stratified_point: labelled points that name the stratum they were drawn from, with their place.
--
-- Grain:   one row per point_id.
-- Reads:   raw.point.
-- Stored:  yes, because places are told apart by their geometry, which no public view can.
-- Method:  docs/methods.md#intervals
CREATE OR REPLACE VIEW core.stratified_point AS
SELECT
    point_id,
    source,
    year,
    core.geometry_key(geometry) AS place_key,
    is_mine,
    stratum,
    stratum_km2
FROM raw.point
WHERE stratum IS NOT NULL
ORDER BY point_id;

COMMENT ON VIEW core.stratified_point IS
'Labelled points that name the stratum they were drawn from, with their place.';
COMMENT ON COLUMN core.stratified_point.point_id IS 'Id of the point.';
COMMENT ON COLUMN core.stratified_point.source IS 'Source of the points.';
COMMENT ON COLUMN core.stratified_point.year IS 'Year that was looked at.';
COMMENT ON COLUMN core.stratified_point.place_key IS 'Number of its place: the same in every year.';
COMMENT ON COLUMN core.stratified_point.is_mine IS 'Whether a person saw a mine there.';
COMMENT ON COLUMN core.stratified_point.stratum IS 'What the point was drawn from.';
COMMENT ON COLUMN core.stratified_point.stratum_km2 IS 'Area of the stratum, km2.';
