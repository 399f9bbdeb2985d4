SELECT m.entity, m.source, m.record_id, n.name, n.organization, m.cluster_id,
       c.candidate_cluster, t.name AS candidate_name, c.score, c.reason AS candidate_reason
FROM latest_matches AS m
JOIN latest_names AS n ON n.entity = m.entity AND n.source = m.source AND n.record_id = m.record_id
LEFT JOIN latest_candidates AS c
    ON c.entity = m.entity AND c.source = m.source AND c.record_id = m.record_id AND c.rank = 1
LEFT JOIN latest_names AS t ON t.entity = c.entity AND t.source || '/' || t.record_id = c.candidate_cluster
WHERE m.state = 'unmatched'
ORDER BY m.entity, n.organization, m.source, m.record_id
