WITH records AS (
    SELECT 'organization' AS entity, source, record_id, name FROM latest_organizations
    UNION ALL SELECT 'location', source, record_id, name FROM latest_locations
    UNION ALL SELECT 'contact', source, record_id, nullif(concat_ws(' ', first_name, last_name), '') FROM latest_contacts
    UNION ALL SELECT 'configuration', source, record_id, coalesce(name, hostname) FROM latest_configurations
    UNION ALL SELECT 'ticket', source, record_id, coalesce(title, number) FROM latest_tickets
    UNION ALL SELECT 'license', source, record_id, name FROM latest_licenses
    UNION ALL SELECT 'group', source, record_id, name FROM latest_groups
)
SELECT m.entity, m.source, m.record_id, r.name,
       CASE m.entity WHEN 'organization' THEN r.name ELSE o.name END AS organization,
       m.cluster_id, m.organization_cluster
FROM latest_matches AS m
LEFT JOIN records AS r ON r.entity = m.entity AND r.source = m.source AND r.record_id = m.record_id
LEFT JOIN latest_organizations AS o ON o.source || '/' || o.record_id = m.organization_cluster
