-- Table 1: Polygons of each data set, of their union, and the final mines.
--
-- Study:     xu2025
-- Needs:     polygons
-- Published: section IN ('Table 1', '2.1') AND scope = 'dataset'
FROM dataset_summary;
