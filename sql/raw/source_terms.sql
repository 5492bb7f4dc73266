-- source_terms: licence, citation and unit of each source, as the project file says.
--
-- Grain:   one row per source and kind.
-- Reads:   nothing; a load step fills it.
CREATE TABLE raw.source_terms (
    source VARCHAR,
    kind VARCHAR,
    licence VARCHAR,
    citation VARCHAR,
    unit VARCHAR
);

COMMENT ON TABLE raw.source_terms IS 'Licence, citation and unit of each source, as the project file says.';
COMMENT ON COLUMN raw.source_terms.source IS 'Name of the source in the project file.';
COMMENT ON COLUMN raw.source_terms.kind IS 'What the source holds: polygons, countries, protected areas, ...';
COMMENT ON COLUMN raw.source_terms.licence IS 'Licence of the data.';
COMMENT ON COLUMN raw.source_terms.citation IS 'How to cite the data.';
COMMENT ON COLUMN raw.source_terms.unit IS 'Unit of the values of an indicator.';
