-- core.country_mainland: the clusters of each country that belong to its largest one, from island to island.
--
-- Grain:   one row per cluster of core.country_cluster.
-- Reads:   core.country_cluster, parameter.
-- Method:  docs/methods.md#continents
CREATE OR REPLACE VIEW core.country_mainland AS
WITH RECURSIVE reached (cluster) AS (
    SELECT arg_min(cluster, (-area_km2, cluster)) AS cluster
    FROM core.country_cluster
    GROUP BY iso3, continent

    UNION

    SELECT other.cluster
    FROM reached
    INNER JOIN core.country_cluster AS one ON reached.cluster = one.cluster
    INNER JOIN core.country_cluster AS other
        ON one.iso3 = other.iso3 AND one.continent = other.continent
    CROSS JOIN main.parameter
    WHERE core.box_gap_km(one.box, other.box) <= parameter.mainland_distance_km
)

SELECT cluster
FROM reached;

COMMENT ON VIEW core.country_mainland IS
'The clusters of each country that belong to its largest one, from island to island.';
COMMENT ON COLUMN core.country_mainland.cluster IS 'Number of the cluster.';
