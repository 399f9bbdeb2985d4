WITH sites AS (
    SELECT m.cluster_id, m.source, n.name AS site, m.record_id, m.state, m.rule, m.reason
    FROM latest_matches AS m
    JOIN latest_names AS n ON n.entity = m.entity AND n.source = m.source AND n.record_id = m.record_id
    WHERE m.entity = 'organization' AND m.state <> 'hub'
), organizations AS (
    SELECT c.cluster_id, c.hub_id, n.name
    FROM latest_clusters AS c
    LEFT JOIN latest_names AS n
        ON n.entity = 'organization' AND n.source || '/' || n.record_id = c.cluster_id
    WHERE c.entity = 'organization'
)
SELECT o.name AS organization, o.hub_id, coalesce(o.cluster_id, s.cluster_id) AS cluster_id,
       s.source, s.site, s.record_id, coalesce(s.state, 'hub_only') AS status, s.rule, s.reason
FROM organizations AS o
FULL JOIN sites AS s ON s.cluster_id = o.cluster_id
ORDER BY organization, cluster_id, s.source, s.record_id
