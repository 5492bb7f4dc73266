-- image_offset: whether what an item says of its offset fits the other images of the site.
--
-- Grain:   one row per site_id, year, image_id of Sentinel-2 that was read.
-- Reads:   raw.image_level, parameter.
-- Stored:  yes, it compares every image of a site with every other.
-- Caveat:  an image that carries counts which its item says are off is too bright by 0.1 in every band, one whose
--          offset was taken off twice too dark. Of two images so far apart, one may be wrong whose item allows it;
--          where both allow it they disagree, and none is set aside. An image as bright as another that can't be wrong
--          in this way is right: the ground changed; so is one that lies apart from fewer images than not. Images of
--          which less than site_seen_min was seen are not compared; those stored before levels were measured have no
--          row.
-- Method:  docs/methods.md#offsets
CREATE OR REPLACE VIEW image_offset AS
WITH claimed AS (
    SELECT
        site_id,
        year,
        image_id,
        date,
        taken_off,
        dark || middle AS level,
        list_avg(dark || middle) AS mean_level,
        list_min(dark) AS dark_reflectance,
        taken_off = 0 AND NOT is_before_offset AS may_carry,
        taken_off > 0 AS may_lack,
        taken_off IS NOT NULL AND seen_share >= parameter.site_seen_min AS is_comparable
    FROM raw.image_level
    CROSS JOIN main.parameter
),

pair AS (
    SELECT
        this.site_id,
        this.year,
        this.image_id,
        parameter.offset_tolerance AS tolerance,
        CASE WHEN this.may_carry THEN 0.1 ELSE -0.1 END AS wrong_step,
        this.mean_level - other.mean_level AS step,
        list_transform(list_zip(this.level, other.level), lambda band: band[1] - band[2]) AS steps,
        CASE WHEN this.may_carry THEN other.may_lack ELSE other.may_carry END AS may_be_other,
        CASE WHEN this.may_carry THEN other.may_carry ELSE other.may_lack END AS may_be_alike
    FROM claimed AS this
    INNER JOIN claimed AS other
        ON
            this.site_id = other.site_id
            AND (this.year <> other.year OR this.image_id <> other.image_id)
            AND len(this.level) = len(other.level)
    CROSS JOIN main.parameter
    WHERE this.is_comparable AND other.is_comparable AND (this.may_carry OR this.may_lack)
),

compared AS (
    SELECT
        site_id,
        year,
        image_id,
        count(*) AS n_compared,
        count(*) FILTER (is_apart AND NOT may_be_other) AS n_against,
        count(*) FILTER (NOT is_apart AND NOT may_be_alike) AS n_for,
        count(*) FILTER (abs(step) < tolerance AND NOT may_be_alike) AS n_level,
        count(*) FILTER (is_apart) AS n_apart,
        median(step) FILTER (is_apart) AS offset_step
    FROM (
        SELECT
            *,
            abs(step - wrong_step) < tolerance
            AND greatest(list_max(steps) - wrong_step, wrong_step - list_min(steps)) <= tolerance
            AND list_max(steps) - list_min(steps) <= tolerance AS is_apart
        FROM pair
    ) AS stepped
    GROUP BY site_id, year, image_id
),

judged AS (
    SELECT
        claimed.*,
        coalesce(compared.n_compared, 0) AS n_compared,
        coalesce(compared.n_against, 0) AS n_against,
        coalesce(compared.n_for, 0) AS n_for,
        compared.n_apart,
        compared.offset_step,
        CASE
            WHEN NOT claimed.is_comparable THEN NULL
            WHEN NOT (claimed.may_carry OR claimed.may_lack) THEN 'right'
            WHEN compared.n_level > 0 OR compared.n_apart <= compared.n_for THEN 'right'
            WHEN compared.n_against > compared.n_for
                THEN CASE WHEN claimed.may_carry THEN 'still in' ELSE 'taken off twice' END
            WHEN compared.n_apart > compared.n_for THEN 'unclear'
        END AS verdict
    FROM claimed
    LEFT JOIN compared
        ON
            claimed.site_id = compared.site_id
            AND claimed.year = compared.year
            AND claimed.image_id = compared.image_id
)

SELECT
    site_id,
    year,
    image_id,
    date,
    taken_off,
    dark_reflectance,
    n_compared,
    n_against,
    n_for,
    offset_step,
    verdict,
    coalesce(verdict IN ('still in', 'taken off twice'), FALSE) AS is_wrong,
    CASE verdict
        WHEN 'still in'
            THEN
                image_id || ': every band is ' || round(offset_step, 3) || ' brighter than in ' || n_apart
                || ' other image(s) there, so that the 1,000 counts of Sentinel-2''s baseline 04.00 '
                || 'are still in it. Correct the item, or take another collection'
        WHEN 'taken off twice'
            THEN
                image_id || ': every band is ' || round(-offset_step, 3) || ' darker than in ' || n_apart
                || ' other image(s) there, so that an offset was taken off twice. '
                || 'Correct the item, or take another collection'
        WHEN 'unclear'
            THEN
                image_id || ': every band is ' || round(abs(offset_step), 3)
                || CASE WHEN offset_step > 0 THEN ' brighter' ELSE ' darker' END || ' than in ' || n_apart
                || ' other image(s) there, and what the items say does not tell which are wrong about '
                || 'the offset. Correct the items, or take another collection'
    END AS reason
FROM judged
ORDER BY site_id, year, image_id;

COMMENT ON VIEW image_offset IS 'Whether what an item says of its offset fits the other images of the site.';
COMMENT ON COLUMN image_offset.site_id IS 'Id of the site.';
COMMENT ON COLUMN image_offset.year IS 'Year for which the image was read.';
COMMENT ON COLUMN image_offset.image_id IS 'Id of the image in its catalogue.';
COMMENT ON COLUMN image_offset.date IS 'Day of the image.';
COMMENT ON COLUMN image_offset.taken_off IS
'Reflectance taken off all counts, as the item says: 0.1 or 0; NULL where bands differ.';
COMMENT ON COLUMN image_offset.dark_reflectance IS
'1st percentile over the chip in the darkest band, reflectance as the item says.';
COMMENT ON COLUMN image_offset.n_compared IS
'Number of other images of the site that it was compared with; 0 where its item can''t be wrong.';
COMMENT ON COLUMN image_offset.n_against IS
'Number of those that lie a step of the offset''s size away in all bands, and can''t be wrong themselves.';
COMMENT ON COLUMN image_offset.n_for IS
'Number of those that it would lie so far from if it were wrong, but does not.';
COMMENT ON COLUMN image_offset.offset_step IS
'Median step from those that lie apart, reflectance; NULL where none does.';
COMMENT ON COLUMN image_offset.verdict IS
'right, still in (too bright), taken off twice (too dark) or unclear; NULL where there is nothing to compare with.';
COMMENT ON COLUMN image_offset.is_wrong IS 'Whether the item must be wrong: the site and year counts as failed.';
COMMENT ON COLUMN image_offset.reason IS 'What is wrong and what to do; NULL where nothing is.';
