WITH candidates AS (
    SELECT entity, source, record_id,
           string_agg(candidate_cluster || ' (' || kind || ': ' || reason || ')', ', ' ORDER BY rank) AS listed
    FROM latest_candidates
    GROUP BY entity, source, record_id
), outcomes AS (
    SELECT entity, source, record_id, cluster_id, state, rule, {reason_sentence} AS reason,
           CASE WHEN key_value IS NULL THEN '' ELSE ' on ' || key_value END
               || CASE WHEN matched_record_id IS NULL THEN ''
                       ELSE ', which ' || matched_source || '/' || matched_record_id || ' holds' END AS evidence
    FROM latest_matches
)
SELECT o.entity, o.source, o.record_id, n.name, n.organization, o.state,
       CASE o.state
           WHEN 'hub' THEN 'a row of the hub'
           WHEN 'matched' THEN 'matched with ' || o.cluster_id
               || CASE WHEN o.rule IS NULL THEN '' ELSE ' by ' || o.rule END || o.evidence
           WHEN 'unmatched' THEN 'unmatched, '
               || CASE WHEN o.rule = 'decision' THEN 'because a decision says that it is new'
                       ELSE 'because no rule finds a counterpart' END
           WHEN 'review' THEN 'in review, because ' || coalesce(o.reason, 'a person must decide')
               || CASE WHEN o.rule IS NULL THEN '' ELSE ', by ' || o.rule END || o.evidence
           ELSE o.state
               || CASE WHEN o.reason IS NULL AND o.rule = 'decision' THEN ', because a decision says so'
                       WHEN o.reason IS NULL THEN '' ELSE ', because ' || o.reason END
       END
       || CASE WHEN c.listed IS NULL THEN '' ELSE '; candidates: ' || c.listed END AS sentence
FROM outcomes AS o
JOIN latest_names AS n ON n.entity = o.entity AND n.source = o.source AND n.record_id = o.record_id
LEFT JOIN candidates AS c ON c.entity = o.entity AND c.source = o.source AND c.record_id = o.record_id
