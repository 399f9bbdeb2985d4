WITH links AS (
    SELECT source, record_id, 'organization' AS entity, organization_cluster AS cluster_id FROM latest_tickets
    UNION ALL SELECT source, record_id, 'location', location_cluster FROM latest_tickets
    UNION ALL SELECT source, record_id, 'contact', contact_cluster FROM latest_tickets
    UNION ALL SELECT source, record_id, 'configuration', unnest(configuration_clusters) FROM latest_tickets
), known AS (
    SELECT * FROM links WHERE cluster_id IS NOT NULL
)
SELECT t.source, t.record_id AS ticket_id, t.number, t.title, t.status, t.priority, t.closed, t.created_at,
       o.name AS organization, l.entity, l.cluster_id, c.hub_id, n.name
FROM latest_tickets AS t
LEFT JOIN known AS l ON l.source = t.source AND l.record_id = t.record_id
LEFT JOIN latest_clusters AS c ON c.entity = l.entity AND c.cluster_id = l.cluster_id
LEFT JOIN latest_names AS n ON n.entity = l.entity AND n.source || '/' || n.record_id = l.cluster_id
LEFT JOIN latest_names AS o ON o.entity = 'organization' AND o.source || '/' || o.record_id = t.organization_cluster
ORDER BY t.source, t.record_id, l.entity, l.cluster_id
