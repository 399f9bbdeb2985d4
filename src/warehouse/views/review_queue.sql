WITH candidates AS (
    SELECT entity, source, record_id,
           list(candidate_cluster ORDER BY rank) AS candidates,
           list(reason ORDER BY rank) AS candidate_reasons
    FROM latest_candidates
    GROUP BY entity, source, record_id
), review AS (
    SELECT entity, source, record_id, reason, {reason_sentence} AS sentence, rule, key_value
    FROM latest_matches
    WHERE state = 'review' AND coalesce(reason, '') <> 'organization_in_review'
)
SELECT r.entity, r.source, r.record_id, n.name, n.organization, r.reason, r.sentence, r.rule, r.key_value,
       c.candidates, c.candidate_reasons
FROM review AS r
JOIN latest_names AS n ON n.entity = r.entity AND n.source = r.source AND n.record_id = r.record_id
LEFT JOIN candidates AS c ON c.entity = r.entity AND c.source = r.source AND c.record_id = r.record_id
ORDER BY r.entity, n.organization, r.source, r.record_id
