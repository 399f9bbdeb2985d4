WITH compared AS (
    SELECT l.run_id AS run_id,
           (SELECT max(r.run_id) FROM runs AS r WHERE r.status = 'completed' AND r.run_id < l.run_id) AS earlier
    FROM latest_runs AS l
), runs_asked AS (
    SELECT run_id AS asked, false AS is_earlier FROM compared
    UNION ALL
    SELECT earlier, true FROM compared WHERE earlier IS NOT NULL
), named AS (
    SELECT run_id, 'organization' AS entity, source, record_id, name FROM organizations
    WHERE run_id IN (SELECT asked FROM runs_asked)
    UNION ALL
    SELECT run_id, 'contact', source, record_id, nullif(concat_ws(' ', first_name, last_name), '') FROM contacts
    WHERE run_id IN (SELECT asked FROM runs_asked)
    UNION ALL
    SELECT run_id, 'location', source, record_id, name FROM locations
    WHERE run_id IN (SELECT asked FROM runs_asked)
    UNION ALL
    SELECT run_id, 'configuration', source, record_id, coalesce(name, hostname) FROM configurations
    WHERE run_id IN (SELECT asked FROM runs_asked)
    UNION ALL
    SELECT run_id, 'license', source, record_id, name FROM licenses
    WHERE run_id IN (SELECT asked FROM runs_asked)
    UNION ALL
    SELECT run_id, 'group', source, record_id, name FROM groups
    WHERE run_id IN (SELECT asked FROM runs_asked)
), founders AS (
    SELECT run_id, source || '/' || record_id AS cluster_id, name FROM organizations
    WHERE run_id IN (SELECT asked FROM runs_asked)
), found AS (
    SELECT run_id, 'row that cannot be read' AS kind, source, entity, file || ':' || line AS item,
           NULL::VARCHAR AS name, NULL::VARCHAR AS organization, split_part(reason, ':', 1) AS code,
           reason AS message, 'Correct the row in its source, or take it out of the file.' AS remedy
    FROM quarantine
    WHERE run_id IN (SELECT asked FROM runs_asked)
    UNION ALL
    SELECT s.run_id, 'step that is held', s.target, s.entity, s.step_id, NULL, s.organization, r.code, r.message,
           r.remedy
    FROM plan_steps AS s
    JOIN plan_reasons AS r ON r.run_id = s.run_id AND r.step_id = s.step_id
    WHERE s.status <> 'ready' AND s.run_id IN (SELECT asked FROM runs_asked)
    UNION ALL
    SELECT m.run_id, 'record in review', m.source, m.entity, m.source || '/' || m.record_id, n.name,
           CASE m.entity WHEN 'organization' THEN n.name ELSE f.name END, m.reason, {sentence},
           'Decide what it is: `matchbook decide`.'
    FROM matches AS m
    LEFT JOIN named AS n ON n.run_id = m.run_id AND n.entity = m.entity AND n.source = m.source
        AND n.record_id = m.record_id
    LEFT JOIN founders AS f ON f.run_id = m.run_id AND f.cluster_id = m.organization_cluster
    WHERE m.state = 'review' AND coalesce(m.reason, '') <> 'organization_in_review'
        AND m.run_id IN (SELECT asked FROM runs_asked)
    UNION ALL
    SELECT q.run_id, 'finding', q.source, q.entity,
           coalesce(q.source || '/' || q.record_id, q.source) || coalesce(' ' || q.field, ''), n.name,
           CASE q.entity WHEN 'organization' THEN n.name ELSE f.name END, q.code, q.message,
           'Correct the value in its source.'
    FROM data_quality AS q
    LEFT JOIN named AS n ON n.run_id = q.run_id AND n.entity = q.entity AND n.source = q.source
        AND n.record_id = q.record_id
    LEFT JOIN matches AS m ON m.run_id = q.run_id AND m.entity = q.entity AND m.source = q.source
        AND m.record_id = q.record_id
    LEFT JOIN founders AS f ON f.run_id = q.run_id AND f.cluster_id = m.organization_cluster
    WHERE q.run_id IN (SELECT asked FROM runs_asked)
)
SELECT DISTINCT a.is_earlier, f.kind, f.source, f.entity, f.item, f.name, f.organization, f.code, f.message, f.remedy
FROM found AS f
JOIN runs_asked AS a ON a.asked = f.run_id
