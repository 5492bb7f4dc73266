-- Figure 6b: Area developed and reclaimed by what it was, or became.
--
-- Study:     xu2025
-- Needs:     landcover
-- Published: section = '3.2' AND scope = 'land cover'
SELECT
    cover_type,
    developed_km2,
    reclaimed_km2,
    developed_share,
    reclaimed_share,
    unreclaimed_share
FROM disturbance_total
ORDER BY developed_km2 DESC;
