-- Figure A5: Spread over the years of the gap between development and reclamation.
--
-- Study:     xu2025
-- Needs:     landcover
SELECT
    cover_type,
    min_km2,
    q1_km2,
    median_km2,
    q3_km2,
    max_km2
FROM disturbance_gap
ORDER BY median_km2 DESC;
