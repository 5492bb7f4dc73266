-- region_yearly: mines of every region in every year: bare surface, development, reclamation, footprints, indicators.
--
-- Grain:   one row per layer, region_id and year of which anything is known: a balanced panel.
-- Reads:   core.region_shape, core.region_calendar, core.mine_place, core.region_landcover_yearly,
--          core.region_segmented, core.region_indicator.
-- Caveat:  zero is measured: of land cover also where there is no mine, of footprints where sites or sources that
--          look at the region were segmented in that year. NULL is unknown: a year without a map, a region whose
--          mines have no data, a region that nobody looked at. Development and reclamation are those of one year: add
--          them up over years. Bare surface, footprints and indicators are states of a year: never add those up over
--          years. Footprints are those of the main threshold.
-- Method:  docs/methods.md#regions
CREATE OR REPLACE VIEW region_yearly AS
WITH frame AS (
    SELECT
        region.layer,
        region.region_id,
        region.region_name,
        calendar.year,
        calendar.has_surface,
        calendar.has_change,
        coalesce(held.mine_area_km2, 0) AS mine_area_km2
    FROM core.region_shape AS region
    CROSS JOIN core.region_calendar AS calendar
    LEFT JOIN (
        SELECT
            place.layer,
            place.region_id,
            core.reproducible_sum(place.area_km2) AS mine_area_km2
        FROM core.mine_place AS place
        GROUP BY place.layer, place.region_id
    ) AS held ON region.layer = held.layer AND region.region_id = held.region_id
),

indicator AS (
    SELECT
        layer,
        region_id,
        year,
        max(CASE WHEN indicator = 'ndvi' THEN value END) AS ndvi,
        max(CASE WHEN indicator = 'ntl' THEN value END) AS ntl
    FROM core.region_indicator
    WHERE indicator IN ('ndvi', 'ntl')
    GROUP BY layer, region_id, year
)

SELECT
    frame.layer,
    frame.region_id,
    frame.region_name,
    frame.year,
    frame.mine_area_km2,
    CASE WHEN frame.has_surface AND frame.mine_area_km2 = 0 THEN 0 ELSE landcover.known_km2 END AS known_km2,
    CASE
        WHEN NOT frame.has_surface THEN NULL
        WHEN frame.mine_area_km2 = 0 THEN 0
        ELSE landcover.mine_related_km2
    END AS mine_related_km2,
    CASE
        WHEN NOT frame.has_change THEN NULL
        WHEN frame.mine_area_km2 = 0 THEN 0
        ELSE landcover.developed_km2
    END AS developed_km2,
    CASE
        WHEN NOT frame.has_change THEN NULL
        WHEN frame.mine_area_km2 = 0 THEN 0
        ELSE landcover.reclaimed_km2
    END AS reclaimed_km2,
    segmented.area_km2 AS segmented_km2,
    segmented.reported_km2,
    segmented.n_polygons,
    segmented.n_polygons_reaching,
    indicator.ndvi,
    indicator.ntl
FROM frame
LEFT JOIN core.region_landcover_yearly AS landcover
    ON
        frame.layer = landcover.layer
        AND frame.region_id = landcover.region_id
        AND frame.year = landcover.year
LEFT JOIN core.region_segmented AS segmented
    ON
        frame.layer = segmented.layer
        AND frame.region_id = segmented.region_id
        AND frame.year = segmented.year
        AND segmented.is_main_threshold
LEFT JOIN indicator
    ON
        frame.layer = indicator.layer
        AND frame.region_id = indicator.region_id
        AND frame.year = indicator.year
ORDER BY frame.layer, frame.region_id, frame.year;

COMMENT ON VIEW region_yearly IS
'Mines of every region in every year: bare surface, development, reclamation, footprints, indicators.';
COMMENT ON COLUMN region_yearly.layer IS 'Region layer.';
COMMENT ON COLUMN region_yearly.region_id IS 'Id of the region in its layer.';
COMMENT ON COLUMN region_yearly.region_name IS 'Name of the region; its id where it has none.';
COMMENT ON COLUMN region_yearly.year IS 'Calendar year.';
COMMENT ON COLUMN region_yearly.mine_area_km2 IS 'Area of final mines in the region, of all years, km2.';
COMMENT ON COLUMN region_yearly.known_km2 IS 'Mine area with land cover in that year, km2; NULL without a map.';
COMMENT ON COLUMN region_yearly.mine_related_km2 IS
'Area of mine-related classes in mines, km2, on the WGS84 ellipsoid; NULL where unknown.';
COMMENT ON COLUMN region_yearly.developed_km2 IS
'Area from vegetated to mine-related in that year, km2; NULL where unknown.';
COMMENT ON COLUMN region_yearly.reclaimed_km2 IS
'Area from mine-related to vegetated in that year, km2; NULL where unknown.';
COMMENT ON COLUMN region_yearly.segmented_km2 IS
'Area of footprints in that year, km2; NULL where nobody looked.';
COMMENT ON COLUMN region_yearly.reported_km2 IS
'Area of mines as the publishers of footprints report it, km2; NULL where any footprint lacks it, or nobody looked.';
COMMENT ON COLUMN region_yearly.n_polygons IS
'Number of footprints with most of their area there; NULL where nobody looked.';
COMMENT ON COLUMN region_yearly.n_polygons_reaching IS
'Number of footprints that share area with the region; NULL where nobody looked.';
COMMENT ON COLUMN region_yearly.ndvi IS 'Mean NDVI over mine area, of an indicator called ndvi; NULL without one.';
COMMENT ON COLUMN region_yearly.ntl IS
'Mean night-time light over mine area, of an indicator called ntl; NULL without one.';
