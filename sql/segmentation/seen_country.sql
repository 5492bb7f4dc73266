-- core.seen_country: the countries that each site and each footprint source looks at.
--
-- Grain:   one row per dataset, site_id, iso3; iso3 is NULL for ground outside all countries.
-- Reads:   core.footprint_outline, core.footprint_component, core.footprint_united, core.footprint_country_area,
--          core.site_seen, core.mine_country.
-- Stored:  yes.
-- Caveat:  a site looks at its mine's country and at those where it has a polygon in any year; a source made elsewhere,
--          which has no sites, at those where it has a polygon in any year: it does not say where it found nothing.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW core.seen_country AS
WITH looking AS (
    SELECT
        outline.dataset,
        outline.site_id,
        footprint_country_area.iso3
    FROM core.footprint_outline AS outline
    INNER JOIN core.footprint_component
        ON outline.footprint_key = footprint_component.footprint_key
    INNER JOIN core.footprint_united
        ON footprint_component.component_key = footprint_united.component_key
    LEFT JOIN core.footprint_country_area
        ON footprint_united.footprint_id = footprint_country_area.footprint_id

    UNION

    SELECT
        site_seen.dataset,
        site_seen.site_id,
        mine_country.iso3
    FROM core.site_seen
    LEFT JOIN core.mine_country ON site_seen.site_id = mine_country.mine_id
    WHERE site_seen.site_id IS NOT NULL
)

SELECT
    dataset,
    site_id,
    iso3
FROM looking
ORDER BY dataset, site_id, iso3;

COMMENT ON VIEW core.seen_country IS 'The countries that each site and each footprint source looks at.';
COMMENT ON COLUMN core.seen_country.dataset IS 'segmentation, or the name of the footprint source.';
COMMENT ON COLUMN core.seen_country.site_id IS 'Id of the site; NULL for footprints made elsewhere.';
COMMENT ON COLUMN core.seen_country.iso3 IS 'Three-letter country code; NULL outside all countries.';
