-- Views over the shelf for ad-hoc SQL. The base tables (cases, images, …) are views over current Parquet files.

-- Rows in, kept and rejected per stage, counted in the unit of the stage; spared: kept because clinical facts differ.
CREATE VIEW funnel AS
WITH kept AS (
    SELECT 1 AS step, 'intake' AS stage, 'case' AS unit, count(*) AS kept FROM cases
    UNION ALL SELECT 1, 'intake', 'image', coalesce(sum(len(image_ids)), 0) FROM cases
    UNION ALL SELECT 2, 'desensitize', 'image', count(DISTINCT image_id) FROM images
    UNION ALL SELECT 3, 'scrub', 'report', count(*) FROM reports
    UNION ALL SELECT 4, 'generate', 'pair', count(*) FROM instruction_pairs
    UNION ALL SELECT 5, 'verify', 'pair', count(*) FROM verdicts
    UNION ALL SELECT 6, 'deduplicate', 'pair', count(*) FROM dedup_pool
    UNION ALL SELECT 7, 'prescreen', 'pair', count(*) FROM prescreens
    UNION ALL SELECT 8, 'annotate', 'annotation', count(*) FROM annotations
    UNION ALL SELECT 9, 'ground', 'grounded_pair', count(*) FROM grounded_pairs
    UNION ALL SELECT 10, 'rate', 'image', count(*) FROM frame_quality
),
rejected AS (
    SELECT stage, unit, count(*) AS rejected FROM rejects GROUP BY ALL
),
released AS (
    SELECT release, unit, max(kept) AS kept, sum(rejected) AS rejected FROM releases GROUP BY ALL
)
SELECT step, stage, unit, (kept + coalesce(rejected, 0))::BIGINT AS rows_in, kept::BIGINT AS kept,
       coalesce(rejected, 0)::BIGINT AS rejected,
       CASE WHEN step = 6 THEN (SELECT count(*) FILTER (spared) FROM dedup_pool) END AS spared
FROM kept LEFT JOIN rejected USING (stage, unit)
WHERE step < 8 OR kept + coalesce(rejected, 0) > 0 -- not every hospital has annotations
UNION ALL
SELECT 4, stage, unit, rejected, 0, rejected, NULL FROM rejected WHERE stage = 'generate' AND unit = 'case'
UNION ALL
SELECT 11, 'release ' || release, unit, (kept + rejected)::BIGINT, kept::BIGINT, rejected::BIGINT, NULL FROM released
WHERE unit NOT IN ('annotation', 'grounded_pair') OR kept + rejected > 0
ORDER BY ALL;

-- Why rows left, per stage.
CREATE VIEW reject_reasons AS
SELECT stage, unit, reason, count(*) AS rows FROM rejects GROUP BY ALL ORDER BY stage, unit, rows DESC, reason;

-- Pairs that passed verification and deduplication.
CREATE VIEW pairs AS
SELECT p.* FROM instruction_pairs p JOIN dedup_pool USING (instance_id);

-- Where a kept pair comes from.
CREATE VIEW provenance AS
SELECT p.instance_id, p.case_id, p.task, p.form, p.source_section, p.source_start, p.source_end, p.template_id,
       p.prompt_sha256, p.model, p.endpoint, p.request_key, g.prompt_tokens, g.completion_tokens
FROM pairs p LEFT JOIN (SELECT DISTINCT ON (request_key) * FROM generations) g USING (request_key);

-- What humans decided, whatever they looked at.
CREATE VIEW decisions AS
SELECT 'box' AS unit, frame_id AS id, case_id, site, rule, decision, outcome, reviewer, decided_at FROM mask_reviews
UNION ALL
SELECT 'pair', instance_id, case_id, site, NULL, verdict, CASE WHEN attention THEN 'attention_check' END, reviewer,
       reviewed_at
FROM reviews;

-- What the columns of every table and view mean.
CREATE VIEW columns AS
SELECT table_name AS "table", column_name AS "column", data_type AS type, comment
FROM duckdb_columns() WHERE NOT internal ORDER BY ALL;

COMMENT ON VIEW funnel IS 'rows in, kept and rejected per stage, in the unit of the stage';
COMMENT ON VIEW reject_reasons IS 'why rows left, per stage';
COMMENT ON VIEW pairs IS 'pairs that passed verification and deduplication';
COMMENT ON VIEW provenance IS 'where a kept pair comes from: section, template, prompt, model, tokens';
COMMENT ON VIEW decisions IS 'what humans decided, whatever they looked at';
COMMENT ON VIEW columns IS 'what the columns of every table and view mean';
