-- core.box_gap_km: about how far apart two boxes of longitude and latitude are, km; 0 where they meet.
--
-- Caveat:  on a sphere, scaled by the cosine of the latitude between them, across the antimeridian, too.
CREATE OR REPLACE MACRO core.box_gap_km(one, other) AS
111.19508 * sqrt(
    greatest(0, greatest(one.ymin, other.ymin) - least(one.ymax, other.ymax)) ** 2
    + (
        cos(radians((one.ymin + one.ymax + other.ymin + other.ymax) / 4))
        * greatest(
            0,
            least(
                greatest(one.xmin, other.xmin) - least(one.xmax, other.xmax),
                360 - (greatest(one.xmax, other.xmax) - least(one.xmin, other.xmin))
            )
        )
    ) ** 2
);
