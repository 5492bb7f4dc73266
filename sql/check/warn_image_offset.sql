-- warn_image_offset: Sentinel-2 items are wrong about their offset, or disagree about it; see image_offset.
--
-- Reads:   image_offset.
SELECT
    image_id,
    verdict,
    count(*) AS n_sites,
    median(offset_step) AS offset_step,
    min(reason) AS first_reason
FROM image_offset
WHERE reason IS NOT NULL
GROUP BY image_id, verdict
ORDER BY image_id, verdict;
