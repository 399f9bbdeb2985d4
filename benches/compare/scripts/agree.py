"""Whether the sides matched the same: agree.py ESTATE WAREHOUSE SQL.duckdb POLARS.parquet (`-` for a side that did not run)

Compared are the rows of configurations of PSA and RMM that are unambiguous. A device of the estate's truth is unambiguous
when no value of a key that one of its rows holds, in any system, is held by a row of another device in an organization of
that name. The keys are the serial number (upper case, none of the junk that the generator writes), the MAC addresses (of
the lists of the RMM all), and the host name (for the PSA, which has none, the name). Everything else may differ between
the sides, and does: a side that knows no ambiguity joins some record, and Matchbook asks.

On unambiguous rows the sides must agree, row by row, on the tier that matched, or that none did, and on the hub's record.
The polars script matches both sources with the hub alone, and the RMM's row may meet the hub's through the PSA's; so it is
compared in the PSA's rows.
"""

import json
import sys

import duckdb

estate, warehouse, sql, polars = sys.argv[1:]
db = duckdb.connect()
db.execute("SET VARIABLE estate = ?", [estate])
db.execute("""
    CREATE MACRO rows_of(file) AS TABLE
        SELECT * FROM read_csv(getvariable('estate') || '/' || file, header = true, all_varchar = true);

    CREATE TABLE devices AS
    SELECT source, record_id, truth.device, client, upper(serial) AS serial, upper(mac) AS mac, upper(host) AS host
    FROM (
        SELECT 'hub' AS source, id AS record_id, organization AS client, serial_number AS serial, mac_address AS mac,
            hostname AS host FROM rows_of('it_glue/configurations.csv')
        UNION ALL
        SELECT 'psa', Id, Company, "Serial Number", "MAC Address", Name FROM rows_of('connectwise/configurations.csv')
        UNION ALL
        SELECT 'rmm', Uid, SiteName, "Serial Number", "MAC Address", Hostname FROM rows_of('datto_rmm/devices.csv')
    )
    JOIN rows_of('truth.csv') AS truth USING (source, record_id);

    CREATE TABLE held AS
    SELECT device, client, 'serial' AS kind, serial AS value FROM devices
    WHERE serial NOT IN ('TO BE FILLED BY O.E.M.', 'DEFAULT STRING', 'SYSTEM SERIAL NUMBER', 'N/A', 'NONE', '0000000',
        '123456789')
    UNION ALL
    SELECT device, client, 'mac', regexp_replace(unnest(string_split(mac, ',')), '[^0-9A-F]', '', 'g') FROM devices
    UNION ALL
    SELECT device, client, 'host', host FROM devices;

    CREATE TABLE ambiguous AS
    SELECT DISTINCT device FROM held
    SEMI JOIN (
        SELECT client, kind, value FROM held GROUP BY ALL HAVING min(device) != max(device)
    ) USING (client, kind, value);

    CREATE TABLE unambiguous AS
    SELECT source, record_id FROM devices WHERE source != 'hub' AND device NOT IN (SELECT device FROM ambiguous);
""")
db.execute(f"ATTACH '{warehouse}' AS ours (READ_ONLY)")
db.execute("""
    CREATE TABLE matchbook AS
    SELECT source, record_id, if(state = 'matched', rule, state) AS tier, hub_id
    FROM ours.latest_matches WHERE entity = 'configuration' AND source != 'hub'
""")
# By side: its rows, and of which sources they are compared.
sides = {}
if sql != "-":
    db.execute(f"ATTACH '{sql}' AS theirs (READ_ONLY)")
    sides["sql"] = (
        "SELECT source, record_id, tier, if(matched_source = 'hub', matched_record_id, NULL) AS hub_id FROM theirs.matches",
        ["psa", "rmm"],
    )
if polars != "-":
    sides["polars"] = (
        f"""SELECT source, id AS record_id, if(tier = 'host', 'hostname', tier) AS tier, id_hub AS hub_id
            FROM read_parquet('{polars}')""",
        ["psa"],
    )

total = db.execute("SELECT count(*) FROM devices WHERE source != 'hub'").fetchone()[0]
compared = db.execute("SELECT count(*) FROM unambiguous").fetchone()[0]
found = {"rows": total, "unambiguous": compared, "tiers": [], "differences": {}}
for side, (query, sources) in sides.items():
    db.execute(f"""
        CREATE OR REPLACE TABLE compared AS
        SELECT source, record_id, coalesce(ours.tier, 'none') AS our_tier, coalesce(theirs.tier, 'unmatched') AS their_tier,
            our_tier != their_tier OR ours.hub_id IS DISTINCT FROM theirs.hub_id AS differs
        FROM unambiguous
        LEFT JOIN matchbook AS ours USING (source, record_id)
        LEFT JOIN ({query}) AS theirs USING (source, record_id)
        WHERE list_contains({sources}, source)
    """)
    found["differences"][side] = db.execute("SELECT count(*) FILTER (differs) FROM compared").fetchone()[0]
    found["tiers"] += db.execute(f"""
        SELECT '{side}', source, tier, sum(ours), sum(theirs) FROM (
            SELECT source, our_tier AS tier, 1 AS ours, 0 AS theirs FROM compared
            UNION ALL SELECT source, their_tier, 0, 1 FROM compared
        ) GROUP BY ALL ORDER BY ALL
    """).fetchall()
print(json.dumps(found, default=int))
