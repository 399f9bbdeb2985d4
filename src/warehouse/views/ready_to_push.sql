WITH reasons AS (
    SELECT step_id, list(message ORDER BY code, message) AS left_out
    FROM latest_plan_reasons
    GROUP BY step_id
)
SELECT s.wave, s.step_id, s.target, s.entity, s.action, s.organization, n.name, s.target_record_id,
       s.method, s.path, s.payload, s.depends_on, r.left_out
FROM latest_plan_steps AS s
LEFT JOIN latest_names AS n ON n.entity = s.entity AND n.source || '/' || n.record_id = s.cluster_id
LEFT JOIN reasons AS r ON r.step_id = s.step_id
WHERE s.status = 'ready'
ORDER BY s.wave, s.step_id
