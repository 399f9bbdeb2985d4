WITH runs_compared AS (
    SELECT l.run_id AS run_id,
           coalesce(
               (SELECT max(r.run_id) FROM runs AS r WHERE r.status = 'completed' AND r.run_id < l.run_id),
               (SELECT max(r.run_id) FROM runs AS r WHERE r.run_id < l.run_id)
           ) AS previous_run_id
    FROM latest_runs AS l
), now AS (
    SELECT entity, source, record_id, state, cluster_id, reason FROM matches
    WHERE run_id = (SELECT run_id FROM runs_compared)
      AND (SELECT previous_run_id FROM runs_compared) IS NOT NULL
), before AS (
    SELECT entity, source, record_id, state, cluster_id, reason FROM matches
    WHERE run_id = (SELECT previous_run_id FROM runs_compared)
), records AS (
    SELECT coalesce(n.entity, b.entity) AS entity, coalesce(n.source, b.source) AS source,
           coalesce(n.record_id, b.record_id) AS record_id,
           CASE WHEN b.state IS NULL THEN 'appeared'
                WHEN n.state IS NULL THEN 'disappeared'
                WHEN n.state <> b.state THEN 'state'
                WHEN n.cluster_id IS DISTINCT FROM b.cluster_id THEN 'counterpart'
                ELSE 'reason' END AS change,
           CASE WHEN n.state = b.state AND n.cluster_id IS DISTINCT FROM b.cluster_id THEN b.cluster_id
                WHEN n.state = b.state THEN b.reason ELSE b.state END AS previous_value,
           CASE WHEN n.state = b.state AND n.cluster_id IS DISTINCT FROM b.cluster_id THEN n.cluster_id
                WHEN n.state = b.state THEN n.reason ELSE n.state END AS current_value
    FROM now AS n
    FULL JOIN before AS b ON b.entity = n.entity AND b.source = n.source AND b.record_id = n.record_id
    WHERE n.state IS DISTINCT FROM b.state OR n.cluster_id IS DISTINCT FROM b.cluster_id
       OR n.reason IS DISTINCT FROM b.reason
), differing AS (
    SELECT entity, target, target_record_id, field, current_value, desired_value FROM diffs
    WHERE run_id = (SELECT run_id FROM runs_compared)
    EXCEPT
    SELECT entity, target, target_record_id, field, current_value, desired_value FROM diffs
    WHERE run_id = (SELECT previous_run_id FROM runs_compared)
), earlier AS (
    SELECT run_id, entity, target, target_record_id, field, current_value, desired_value FROM diffs
    WHERE run_id <= (SELECT previous_run_id FROM runs_compared)
), turned AS (
    SELECT d.entity, d.target, d.target_record_id, d.field, d.current_value, d.desired_value,
           max(e.run_id) AS previous_run_id
    FROM differing AS d
    JOIN earlier AS e ON e.entity = d.entity AND e.target = d.target AND e.target_record_id = d.target_record_id
        AND e.field = d.field AND e.desired_value = d.current_value AND e.current_value = d.desired_value
    GROUP BY ALL
), returned AS (
    SELECT d.entity, d.target, d.target_record_id, d.field, d.current_value, d.desired_value,
           max(e.run_id) AS previous_run_id
    FROM differing AS d
    JOIN earlier AS e ON e.entity = d.entity AND e.target = d.target AND e.target_record_id = d.target_record_id
        AND e.field = d.field AND e.current_value IS NOT DISTINCT FROM d.current_value
        AND e.desired_value = d.desired_value
    WHERE NOT EXISTS (
        SELECT 1 FROM earlier AS p
        WHERE p.run_id = (SELECT previous_run_id FROM runs_compared)
          AND p.entity = d.entity AND p.target = d.target AND p.target_record_id = d.target_record_id
          AND p.field = d.field
    )
    GROUP BY ALL
), flips AS (
    SELECT * FROM turned
    UNION ALL
    SELECT r.* FROM returned AS r
    WHERE NOT EXISTS (
        SELECT 1 FROM turned AS t
        WHERE t.entity = r.entity AND t.target = r.target AND t.target_record_id = r.target_record_id
          AND t.field = r.field
    )
)
SELECT c.run_id, c.previous_run_id, r.entity, r.source, r.record_id, r.change, NULL::VARCHAR AS field,
       r.previous_value, r.current_value,
       CASE r.change
           WHEN 'appeared' THEN 'it was not there in the previous run, and is ' || r.current_value
           WHEN 'disappeared' THEN 'it was ' || r.previous_value || ' in the previous run, and is not there any more'
           WHEN 'state' THEN 'it was ' || r.previous_value || ' in the previous run, and is ' || r.current_value
           WHEN 'counterpart' THEN 'it stood with ' || coalesce(r.previous_value, 'nothing')
               || ' in the previous run, and stands with ' || coalesce(r.current_value, 'nothing')
           ELSE 'its reason was ' || coalesce(r.previous_value, 'none') || ' in the previous run, and is '
               || coalesce(r.current_value, 'none')
       END AS message
FROM records AS r
CROSS JOIN runs_compared AS c
UNION ALL
SELECT c.run_id, f.previous_run_id, f.entity, f.target, f.target_record_id, 'flips', f.field,
       f.desired_value, f.current_value,
       'the field goes back and forth between ' || coalesce(f.current_value, 'nothing') || ' and ' || f.desired_value
FROM flips AS f
CROSS JOIN runs_compared AS c
