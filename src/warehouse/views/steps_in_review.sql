SELECT s.step_id, s.target, s.entity, s.action, s.organization, n.name, s.target_record_id,
       r.code, r.message, r.remedy
FROM latest_plan_steps AS s
LEFT JOIN latest_names AS n ON n.entity = s.entity AND n.source || '/' || n.record_id = s.cluster_id
LEFT JOIN latest_plan_reasons AS r ON r.step_id = s.step_id
WHERE s.status = 'review'
ORDER BY s.wave, s.step_id, r.code, r.message
