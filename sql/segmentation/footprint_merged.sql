-- core.footprint_merged: outlines of a year that meet, united: what neighbouring sites both saw is one.
--
-- Grain:   one row per footprint_id; a component of several is united.
-- Reads:   core.footprint_outline, core.footprint_component, core.continuity, parameter.
-- Stored:  yes, the union runs component by component.
-- Caveat:  a component whose members meet in points only can fall into parts, numbered from 2 behind the id and a
--          slash: loaders number the parts of a feature behind a dot.
--          mean_probability of a component is the mean of its members weighted by area, reported_km2 their sum where
--          all have one; parts share it by their area.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW core.footprint_merged AS
WITH member AS (
    SELECT
        outline.*,
        footprint_component.component_key,
        continuity.is_continuous,
        parameter.union_snap_degrees AS snap_degrees,
        outline.footprint_id AS order_key
    FROM core.footprint_outline AS outline
    INNER JOIN core.footprint_component
        ON outline.footprint_key = footprint_component.footprint_key
    INNER JOIN core.continuity
        ON outline.footprint_key = continuity.footprint_key
    CROSS JOIN main.parameter
),

component AS (
    SELECT
        component_key,
        count(*) AS n_members,
        any_value(year) AS year,
        any_value(threshold) AS threshold,
        bool_or(dataset = 'segmentation') AS is_segmented,
        bool_or(is_continuous) AS is_continuous,
        min(footprint_id) AS first_id,
        sum(mean_probability * area_km2 ORDER BY footprint_id)
        / sum(CASE WHEN mean_probability IS NOT NULL THEN area_km2 END ORDER BY footprint_id)
            AS mean_probability,
        CASE WHEN count(reported_km2) = count(*) THEN sum(reported_km2 ORDER BY footprint_id) END AS reported_km2
    FROM member
    GROUP BY component_key
),

part AS (
    SELECT
        united.component_key,
        unnest(ST_Dump(ST_Normalize(united.geometry))) AS piece
    FROM core.union_of('member') AS united
),

numbered AS (
    SELECT
        component.*,
        row_number() OVER (PARTITION BY component.component_key ORDER BY part.piece.path) AS number,
        part.piece.geom AS geometry,
        core.area_km2(part.piece.geom) AS area_km2
    FROM part
    INNER JOIN component ON part.component_key = component.component_key
    WHERE NOT ST_IsEmpty(part.piece.geom)
)

SELECT
    member.footprint_id,
    member.component_key,
    member.year,
    member.threshold,
    component.n_members,
    member.mean_probability,
    component.is_segmented,
    member.is_continuous,
    member.area_km2,
    member.reported_km2,
    member.geometry
FROM member
INNER JOIN component ON member.component_key = component.component_key
WHERE component.n_members = 1

UNION ALL

SELECT
    CASE WHEN number = 1 THEN first_id ELSE first_id || '/' || number END AS footprint_id,
    component_key,
    year,
    threshold,
    n_members,
    mean_probability,
    is_segmented,
    is_continuous,
    area_km2,
    reported_km2 * area_km2 / sum(area_km2) OVER (
        PARTITION BY component_key
        ORDER BY number
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS reported_km2,
    geometry
FROM numbered
ORDER BY footprint_id;

COMMENT ON VIEW core.footprint_merged IS
'Outlines of a year that meet, united: what neighbouring sites both saw is one.';
COMMENT ON COLUMN core.footprint_merged.footprint_id IS
'Id of the polygon: the smallest of its members, /2 and so on behind it for further parts.';
COMMENT ON COLUMN core.footprint_merged.component_key IS 'Number of the component it belongs to.';
COMMENT ON COLUMN core.footprint_merged.year IS 'Year.';
COMMENT ON COLUMN core.footprint_merged.threshold IS 'Threshold that it stands beside, 0-1.';
COMMENT ON COLUMN core.footprint_merged.n_members IS 'Number of polygons that were united.';
COMMENT ON COLUMN core.footprint_merged.mean_probability IS 'Mean probability of mine inside, 0-1.';
COMMENT ON COLUMN core.footprint_merged.is_segmented IS 'Whether this project''s model found any of it.';
COMMENT ON COLUMN core.footprint_merged.is_continuous IS
'Whether a neighbouring year confirms any member; false: all are taken out; NULL where that can''t be known.';
COMMENT ON COLUMN core.footprint_merged.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.footprint_merged.reported_km2 IS
'Area of the mine as its publisher reports it, km2; NULL where none is reported.';
COMMENT ON COLUMN core.footprint_merged.geometry IS 'Polygon, EPSG:4326.';
