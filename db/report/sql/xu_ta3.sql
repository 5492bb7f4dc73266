-- Table A3: Agreement within five years by biome.
--
-- Study:     xu2025
-- Needs:     validation
-- Published: section = 'Table A3'
SELECT
    biome,
    n,
    accuracy,
    sd
FROM validation_biome
ORDER BY n DESC, biome;
