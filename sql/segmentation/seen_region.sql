-- core.seen_region: the regions that each site and each footprint source looks at.
--
-- Grain:   one row per dataset, site_id, layer, region_id; region_id is NULL for ground outside all countries.
-- Reads:   core.footprint_outline, core.footprint_component, core.footprint_united, core.footprint_region,
--          core.site_seen, core.mine_place.
-- Stored:  yes, it follows every polygon to its regions.
-- Caveat:  a site looks at its mine's regions and at those where it has a polygon in any year; a source made elsewhere,
--          which has no sites, at those where it has a polygon in any year: it does not say where it found nothing.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW core.seen_region AS
WITH polygon AS (
    SELECT
        outline.dataset,
        outline.site_id,
        footprint_united.footprint_id
    FROM core.footprint_outline AS outline
    INNER JOIN core.footprint_component
        ON outline.footprint_key = footprint_component.footprint_key
    INNER JOIN core.footprint_united
        ON footprint_component.component_key = footprint_united.component_key
),

looking AS (
    SELECT
        polygon.dataset,
        polygon.site_id,
        coalesce(footprint_region.layer, 'country') AS layer,
        footprint_region.region_id
    FROM polygon
    LEFT JOIN core.footprint_region ON polygon.footprint_id = footprint_region.footprint_id

    UNION

    SELECT
        site_seen.dataset,
        site_seen.site_id,
        coalesce(mine_place.layer, 'country') AS layer,
        mine_place.region_id
    FROM core.site_seen
    LEFT JOIN core.mine_place ON site_seen.site_id = mine_place.mine_id
    WHERE site_seen.site_id IS NOT NULL
)

SELECT
    dataset,
    site_id,
    layer,
    region_id
FROM looking
ORDER BY dataset, site_id, layer, region_id;

COMMENT ON VIEW core.seen_region IS 'The regions that each site and each footprint source looks at.';
COMMENT ON COLUMN core.seen_region.dataset IS 'Name of the footprint source, or images.';
COMMENT ON COLUMN core.seen_region.site_id IS 'Site; NULL for a source without sites.';
COMMENT ON COLUMN core.seen_region.layer IS 'Region layer.';
COMMENT ON COLUMN core.seen_region.region_id IS 'Region in the layer; NULL for ground outside all countries.';
