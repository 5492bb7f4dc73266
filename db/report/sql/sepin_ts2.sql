-- Table S2: Clarity of the chosen images by year.
--
-- Study:     sepin2025
-- Needs:     images
-- Published: study = 'sepin2025' AND section = 'Table S2'
SELECT
    year,
    mean,
    sd,
    p01,
    p05,
    p10,
    p50,
    p90
FROM image_visibility
ORDER BY year;
