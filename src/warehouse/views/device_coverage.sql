WITH present AS (
    SELECT DISTINCT cluster_id, source
    FROM latest_matches
    WHERE entity = 'configuration' AND cluster_id IS NOT NULL
), devices AS (
    SELECT cluster_id, list(source ORDER BY source) AS sources
    FROM present
    GROUP BY cluster_id
), delivering AS (
    SELECT DISTINCT source FROM latest_source_status WHERE entity = 'configuration'
), missing AS (
    SELECT d.cluster_id, list(s.source ORDER BY s.source) AS sources
    FROM devices AS d
    CROSS JOIN delivering AS s
    LEFT JOIN present AS p ON p.cluster_id = d.cluster_id AND p.source = s.source
    WHERE p.source IS NULL
    GROUP BY d.cluster_id
)
SELECT n.organization, n.name AS device, c.cluster_id, c.hub_id, c.hub_id IS NOT NULL AS in_hub, d.sources,
       coalesce(m.sources, []) AS missing_from, len(d.sources) AS systems, c.in_review
FROM latest_clusters AS c
JOIN devices AS d ON d.cluster_id = c.cluster_id
LEFT JOIN missing AS m ON m.cluster_id = c.cluster_id
LEFT JOIN latest_names AS n ON n.entity = 'configuration' AND n.source || '/' || n.record_id = c.cluster_id
WHERE c.entity = 'configuration'
ORDER BY n.organization, device, c.cluster_id
