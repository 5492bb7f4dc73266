-- core.definition_note: where this build's definition of a printed figure is another one than the study's.
--
-- Grain:   one row per note; it concerns the figures that all its patterns are found in.
-- Reads:   raw.landcover_epoch, raw.point, parameter.
-- Caveat:  scope, metric and unit are regular expressions; an empty one is found in everything.
-- Method:  docs/methods.md#published-figures
CREATE OR REPLACE VIEW core.definition_note AS
WITH fixed AS (
    SELECT written.*
    FROM (
        VALUES
        ('xu2025', '', '', 'km2', 'geodesic areas; the study''s are projected, about 0.4 % larger'),
        ('xu2025', 'country', '^polygons', '', 'a mine counts for the country with most of it'),
        ('xu2025', '', 'kba_polygons', '', 'every mine that shares area with such an area counts'),
        ('xu2025', '', 'grid_density', '', 'of the cell''s nominal area'),
        ('xu2025', '', 'disturbed_share_of_footprint', '', 'of the area of mines with land cover'),
        ('sepin2025', 'test set', '', '', 'printed only: a score of the study''s own models and chips'),
        ('sepin2025', 'reference validation', '', '', 'at points where the data set looked'),
        ('sepin2025', '^(country|region)$', '', '', 'ground outside countries counts for none'),
        ('sepin2025', 'tropics', '', '', 'all countries of the build; ground outside them counts for none')
    ) AS written (study, scope, metric, unit, note)
),

chosen AS (
    SELECT
        'xu2025' AS study,
        '(disturbed|reclaimed)' AS metric,
        CASE WHEN cover_types_apart <> 'wetland' THEN concat('cover types left out: ', cover_types_apart) END AS note
    FROM main.parameter
    UNION ALL
    SELECT
        'xu2025' AS study,
        '^(active|closed|undefined)' AS metric,
        CASE
            WHEN trend_test <> 'original' OR trend_correction <> 'none' OR trend_alpha <> 0.05
                THEN concat_ws(', ', 'test ' || trend_test, 'correction ' || trend_correction, 'level ' || trend_alpha)
        END AS note
    FROM main.parameter
    UNION ALL
    SELECT
        'xu2025' AS study,
        '^accuracy' AS metric,
        CASE WHEN validation_tolerance_years <> 5 THEN concat('within ', validation_tolerance_years, ' years') END
            AS note
    FROM main.parameter
    UNION ALL
    SELECT
        'sepin2025' AS study,
        '^(polygons|area|mean_annual_area)' AS metric,
        CASE WHEN continuity_neighbour = 'seen' THEN 'neighbour years are those in which the site was seen' END AS note
    FROM main.parameter
),

dated AS (
    SELECT
        'xu2025' AS study,
        '' AS scope,
        'reclamation_rate' AS metric,
        concat('of ', max(year), ', the newest land cover') AS note
    FROM raw.landcover_epoch
    HAVING count(*) > 0
    UNION ALL
    SELECT
        'sepin2025' AS study,
        'reference validation' AS scope,
        '' AS metric,
        concat('mean of the years with points, ', min(year), '-', max(year)) AS note
    FROM raw.point
    HAVING count(*) > 0
)

SELECT
    study,
    scope,
    metric,
    unit,
    note
FROM fixed
UNION ALL
SELECT
    study,
    '' AS scope,
    metric,
    '' AS unit,
    note
FROM chosen
WHERE note IS NOT NULL
UNION ALL
SELECT
    study,
    scope,
    metric,
    '' AS unit,
    note
FROM dated;

COMMENT ON VIEW core.definition_note IS
'Where this build''s definition of a printed figure is another one than the study''s.';
COMMENT ON COLUMN core.definition_note.study IS 'xu2025 or sepin2025.';
COMMENT ON COLUMN core.definition_note.scope IS 'Pattern of the scopes that it concerns.';
COMMENT ON COLUMN core.definition_note.metric IS 'Pattern of the metrics that it concerns.';
COMMENT ON COLUMN core.definition_note.unit IS 'Pattern of the units that it concerns.';
COMMENT ON COLUMN core.definition_note.note IS 'What differs, in words.';
