-- core.seen_country: the countries that each site and each footprint source looks at.
--
-- Grain:   one row per dataset, site_id, iso3; iso3 is NULL for ground outside all countries.
-- Reads:   core.seen_region.
-- Layers:  country.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW core.seen_country AS
SELECT
    dataset,
    site_id,
    region_id AS iso3
FROM core.seen_region
WHERE layer = 'country';

COMMENT ON VIEW core.seen_country IS 'The countries that each site and each footprint source looks at.';
COMMENT ON COLUMN core.seen_country.dataset IS 'segmentation, or the name of the footprint source.';
COMMENT ON COLUMN core.seen_country.site_id IS 'Id of the site; NULL for footprints made elsewhere.';
COMMENT ON COLUMN core.seen_country.iso3 IS 'Three-letter country code; NULL outside all countries.';
