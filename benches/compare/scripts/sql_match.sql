-- A straightforward reconciliation of an estate's devices, as an analyst would write it: read every file, normalise the
-- keys, match by serial number, MAC address and host name inside one organization, and write what came of it.
--
--     duckdb out.duckdb -c "SET VARIABLE estate = 'FOLDER'" -f sql_match.sql
--
-- A key decides only where one record of the source and one device of the other side hold it. What is ambiguous is left to
-- the next key and in the end unmatched; nothing says why. Contacts and locations are read, and that is all.

-- Every file, all columns as text.
CREATE TEMP MACRO rows_of(file) AS TABLE
    SELECT * FROM read_csv(getvariable('estate') || '/' || file, header = true, all_varchar = true);

CREATE TEMP TABLE hub_organizations AS FROM rows_of('it_glue/organizations.csv');
CREATE TEMP TABLE hub_locations AS FROM rows_of('it_glue/locations.csv');
CREATE TEMP TABLE hub_contacts AS FROM rows_of('it_glue/contacts.csv');
CREATE TEMP TABLE psa_companies AS FROM rows_of('connectwise/companies.csv');
CREATE TEMP TABLE psa_sites AS FROM rows_of('connectwise/sites.csv');
CREATE TEMP TABLE psa_contacts AS FROM rows_of('connectwise/contacts.csv');
CREATE TEMP TABLE rmm_sites AS FROM rows_of('datto_rmm/sites.csv');

-- Organizations are one where they are called the same, and a name counts where no system has it twice.
CREATE TEMP TABLE organizations AS
SELECT row_number() OVER () AS organization, name, max(id) FILTER (source = 'hub') AS hub_id
FROM (
    SELECT 'hub' AS source, id, trim(name) AS name FROM hub_organizations
    UNION ALL SELECT 'psa', Id, trim(Company) FROM psa_companies
    UNION ALL SELECT 'rmm', Uid, trim(Name) FROM rmm_sites
)
GROUP BY name
HAVING count(*) = count(DISTINCT source);

-- A device is known by its `rowid`; numbering rows in a query would read the files with one thread.
CREATE TEMP TABLE devices AS
SELECT organizations.organization, records.*
FROM (
    SELECT 'hub' AS source, id AS record_id, organization AS client, name, configuration_status AS status,
        serial_number, mac_address, hostname, primary_ip, operating_system, manufacturer, model, asset_tag
    FROM rows_of('it_glue/configurations.csv')
    UNION ALL
    SELECT 'psa', Id, Company, Name, Status, "Serial Number", "MAC Address", NULL, "IP Address", "OS Type",
        Manufacturer, Model, "Tag Number"
    FROM rows_of('connectwise/configurations.csv')
    UNION ALL
    SELECT 'rmm', Uid, SiteName, NULL, NULL, "Serial Number", "MAC Address", Hostname, IntIpAddress, OperatingSystem,
        Manufacturer, Model, NULL
    FROM rows_of('datto_rmm/devices.csv')
) AS records
JOIN organizations ON organizations.name = trim(records.client);

-- Keys.
CREATE TEMP MACRO serial_key(value) AS CASE
    WHEN upper(trim(value)) IN ('TO BE FILLED BY O.E.M.', 'DEFAULT STRING', 'SYSTEM SERIAL NUMBER', 'N/A', 'NONE',
        '0000000', '123456789') OR length(trim(value)) < 3 THEN NULL
    ELSE upper(trim(value)) END;
CREATE TEMP MACRO mac_key(value) AS upper(regexp_replace(value, '[^0-9A-Fa-f]', '', 'g'));
CREATE TEMP MACRO hostname_key(hostname, name) AS coalesce(
    nullif(split_part(upper(trim(hostname)), '.', 1), ''),
    CASE WHEN regexp_full_match(trim(name), '[A-Za-z0-9_.-]+') THEN split_part(upper(trim(name)), '.', 1) END);

CREATE TEMP TABLE keys AS
SELECT source, rowid AS device, organization, 'serial' AS tier, serial_key(serial_number) AS value
FROM devices WHERE serial_key(serial_number) IS NOT NULL
UNION ALL
SELECT source, device, organization, 'mac', mac
FROM (SELECT source, rowid AS device, organization, mac_key(unnest(string_split(mac_address, ','))) AS mac FROM devices)
WHERE length(mac) = 12
UNION ALL
SELECT source, rowid, organization, 'hostname', hostname_key(hostname, name)
FROM devices WHERE hostname_key(hostname, name) IS NOT NULL;

-- The other side of a step: the hub's devices, and what the steps before added to them. A device is called after its
-- first record.
CREATE TEMP TABLE known_keys AS
SELECT device AS known, organization, tier, value FROM keys WHERE source = 'hub';

CREATE TEMP TABLE matched (source VARCHAR, device BIGINT, known BIGINT, tier VARCHAR);

-- The devices of a source that a tier matches, of those that no tier before it did.
CREATE TEMP MACRO step(the_source, the_tier) AS TABLE
    WITH mine AS (
        SELECT organization, value, min(device) AS device FROM keys
        WHERE source = the_source AND tier = the_tier
        GROUP BY organization, value HAVING min(device) = max(device)
    ), theirs AS (
        SELECT organization, value, min(known) AS known FROM known_keys WHERE tier = the_tier
        GROUP BY organization, value HAVING min(known) = max(known)
    ), one_each AS (
        SELECT device, min(known) AS known FROM mine JOIN theirs USING (organization, value)
        WHERE device NOT IN (SELECT device FROM matched)
        GROUP BY device HAVING min(known) = max(known)
    )
    SELECT the_source AS source, device, known, the_tier AS tier FROM one_each
    WHERE known NOT IN (SELECT known FROM matched WHERE source = the_source)
    QUALIFY count(*) OVER (PARTITION BY known) = 1;

INSERT INTO matched FROM step('psa', 'serial');
INSERT INTO matched FROM step('psa', 'mac');
INSERT INTO matched FROM step('psa', 'hostname');
INSERT INTO known_keys
SELECT coalesce(known, device), organization, keys.tier, value
FROM keys LEFT JOIN matched USING (source, device) WHERE source = 'psa';
INSERT INTO matched FROM step('rmm', 'serial');
INSERT INTO matched FROM step('rmm', 'mac');
INSERT INTO matched FROM step('rmm', 'hostname');

-- What is kept.
CREATE TABLE matches AS
SELECT records.source, records.record_id, records.client, matched.tier, known.source AS matched_source,
    known.record_id AS matched_record_id
FROM matched
JOIN devices AS records ON records.rowid = matched.device
JOIN devices AS known ON known.rowid = matched.known;

CREATE TABLE unmatched AS
SELECT * EXCLUDE (organization) FROM devices
WHERE source != 'hub' AND rowid NOT IN (SELECT device FROM matched);

-- The hub's devices beside what they should say: the PSA's word counts first, then the RMM's.
CREATE TEMP TABLE compared AS
SELECT hub.record_id, hub.client, psa.record_id AS psa_id, rmm.record_id AS rmm_id,
    hub.name, psa.name AS new_name,
    hub.status, psa.status AS new_status,
    serial_key(hub.serial_number) AS serial_number,
    coalesce(serial_key(psa.serial_number), serial_key(rmm.serial_number)) AS new_serial_number,
    mac_key(hub.mac_address) AS mac_address,
    mac_key(split_part(coalesce(psa.mac_address, rmm.mac_address), ',', 1)) AS new_mac_address,
    hub.hostname, rmm.hostname AS new_hostname,
    hub.primary_ip, coalesce(psa.primary_ip, rmm.primary_ip) AS new_primary_ip,
    hub.operating_system, coalesce(psa.operating_system, rmm.operating_system) AS new_operating_system,
    hub.manufacturer, coalesce(psa.manufacturer, rmm.manufacturer) AS new_manufacturer,
    hub.model, coalesce(psa.model, rmm.model) AS new_model,
    hub.asset_tag, psa.asset_tag AS new_asset_tag
FROM devices AS hub
LEFT JOIN (
    SELECT known, devices.* FROM matched JOIN devices ON devices.rowid = device WHERE matched.source = 'psa'
) AS psa ON psa.known = hub.rowid
LEFT JOIN (
    SELECT known, devices.* FROM matched JOIN devices ON devices.rowid = device WHERE matched.source = 'rmm'
) AS rmm ON rmm.known = hub.rowid
WHERE hub.source = 'hub' AND (psa.known IS NOT NULL OR rmm.known IS NOT NULL);

-- Blank says nothing, and letter case is no difference.
CREATE TEMP MACRO differing(the_field, current_value, desired_value) AS TABLE
    SELECT record_id, client, psa_id, rmm_id, the_field AS field, current_value AS current, desired_value AS desired
    FROM compared WHERE lower(desired_value) IS DISTINCT FROM lower(current_value) AND desired_value != '';

CREATE TABLE diffs AS
FROM differing('name', name, new_name)
UNION ALL FROM differing('status', status, new_status)
UNION ALL FROM differing('serial_number', serial_number, new_serial_number)
UNION ALL FROM differing('mac_address', mac_address, new_mac_address)
UNION ALL FROM differing('hostname', hostname, new_hostname)
UNION ALL FROM differing('primary_ip', primary_ip, new_primary_ip)
UNION ALL FROM differing('operating_system', operating_system, new_operating_system)
UNION ALL FROM differing('manufacturer', manufacturer, new_manufacturer)
UNION ALL FROM differing('model', model, new_model)
UNION ALL FROM differing('asset_tag', asset_tag, new_asset_tag);

-- One step per record that would change, with what would be sent.
CREATE TABLE plan AS
SELECT 'update' AS action, record_id, client, json_group_object(field, desired) AS payload
FROM diffs GROUP BY record_id, client
UNION ALL
SELECT 'create', record_id, client, json_object('name', coalesce(name, hostname), 'status', status,
    'serial_number', serial_number, 'mac_address', mac_address, 'hostname', hostname, 'primary_ip', primary_ip,
    'operating_system', operating_system, 'manufacturer', manufacturer, 'model', model, 'asset_tag', asset_tag)
FROM unmatched;

CHECKPOINT;
