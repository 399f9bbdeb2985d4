SELECT m.entity, m.source, m.record_id, m.state, m.hub_id, m.cluster_id, n.name, n.organization
FROM latest_matches AS m
LEFT JOIN latest_names AS n ON n.entity = m.entity AND n.source = m.source AND n.record_id = m.record_id
