SELECT organization, source, site, record_id, status, rule, reason
FROM site_matching
