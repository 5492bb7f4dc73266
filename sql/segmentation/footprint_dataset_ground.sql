-- core.footprint_dataset_ground: the ground that each data set has of each footprint.
--
-- Grain:   one row per component_key, dataset.
-- Reads:   core.footprint_outline, core.footprint_component.
-- Stored:  yes, because it unites and cuts outlines.
-- Caveat:  outlines as they were drawn, before holes are filled.
-- Method:  docs/methods.md#sources
CREATE OR REPLACE VIEW core.footprint_dataset_ground AS
WITH member AS (
    SELECT
        component.component_key,
        outline.dataset,
        outline.footprint_id,
        outline.area_km2,
        outline.geometry,
        min(outline.dataset) OVER whole <> max(outline.dataset) OVER whole AS is_shared,
        count(*) OVER (PARTITION BY component.component_key, outline.dataset) > 1 AS is_several
    FROM core.footprint_outline AS outline
    INNER JOIN core.footprint_component AS component ON outline.footprint_key = component.footprint_key
    WINDOW whole AS (PARTITION BY component.component_key)
),

drawn AS (
    SELECT
        component_key,
        dataset,
        is_shared,
        count(*) AS n_polygons,
        any_value(area_km2) AS area_km2,
        CASE WHEN is_shared OR is_several THEN ST_Union_Agg(geometry ORDER BY footprint_id) END AS geometry
    FROM member
    GROUP BY component_key, dataset, is_shared, is_several
),

other AS (
    SELECT
        one.component_key,
        one.dataset,
        ST_Union_Agg(other.geometry ORDER BY other.dataset) AS geometry
    FROM drawn AS one
    INNER JOIN drawn AS other ON one.component_key = other.component_key
    WHERE one.dataset <> other.dataset
    GROUP BY one.component_key, one.dataset
)

SELECT
    drawn.component_key,
    drawn.dataset,
    drawn.n_polygons,
    CASE WHEN drawn.geometry IS NULL THEN drawn.area_km2 ELSE core.area_km2(drawn.geometry) END AS area_km2,
    CASE
        WHEN drawn.is_shared
            THEN coalesce(core.area_km2(ST_CollectionExtract(ST_Intersection(drawn.geometry, other.geometry), 3)), 0)
        ELSE 0
    END AS shared_km2
FROM drawn
LEFT JOIN other ON drawn.component_key = other.component_key AND drawn.dataset = other.dataset
ORDER BY drawn.component_key, drawn.dataset;

COMMENT ON VIEW core.footprint_dataset_ground IS 'The ground that each data set has of each footprint.';
COMMENT ON COLUMN core.footprint_dataset_ground.component_key IS 'Number of the footprint''s component.';
COMMENT ON COLUMN core.footprint_dataset_ground.dataset IS
'segmentation for this project''s model, else the name of the footprint source.';
COMMENT ON COLUMN core.footprint_dataset_ground.n_polygons IS 'Number of its polygons.';
COMMENT ON COLUMN core.footprint_dataset_ground.area_km2 IS 'Area of its ground, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.footprint_dataset_ground.shared_km2 IS 'Of which another data set has, too, km2.';
