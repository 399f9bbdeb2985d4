"""Devices of an estate matched by tiered anti-joins and compared in ten columns: polars_match.py ESTATE OUT.parquet

It handles no ambiguity: a key that several records hold joins all of them, and the first record of each wins. The records
are in memory with their keys when the clock starts; the time for the keys is printed apart.
"""

import json
import sys
import time

import polars as pl

estate, out = sys.argv[1:]
JUNK = ["TO BE FILLED BY O.E.M.", "DEFAULT STRING", "SYSTEM SERIAL NUMBER", "N/A", "NONE", "0000000", "123456789"]
FIELDS = ["name", "status", "serial", "mac", "host", "ip", "os", "maker", "model", "tag"]
CSV = {
    "hub": ("it_glue/configurations.csv", ["id", "organization", "name", "configuration_status", "serial_number",
        "mac_address", "hostname", "primary_ip", "operating_system", "manufacturer", "model", "asset_tag"]),
    "psa": ("connectwise/configurations.csv", ["Id", "Company", "Name", "Status", "Serial Number", "MAC Address", "Name",
        "IP Address", "OS Type", "Manufacturer", "Model", "Tag Number"]),
    "rmm": ("datto_rmm/devices.csv", ["Uid", "SiteName", None, None, "Serial Number", "MAC Address", "Hostname",
        "IntIpAddress", "OperatingSystem", "Manufacturer", "Model", None]),
}


def read(file: str, columns: list[str | None]) -> pl.DataFrame:
    frame = pl.read_csv(f"{estate}/{file}", infer_schema=False)
    named = zip(["id", "org", *FIELDS], columns)
    return frame.select((pl.col(old) if old else pl.lit(None, pl.String)).alias(new) for new, old in named)


def keys(frame: pl.DataFrame) -> pl.DataFrame:
    serial, mac = (pl.col(name).str.strip_chars().str.to_uppercase() for name in ("serial", "mac"))
    return frame.with_columns(
        serial=pl.when(~serial.is_in(JUNK)).then(serial),
        mac=mac.str.split(",").list.first().str.replace_all(r"[^0-9A-F]", ""),
        host=pl.col("host").str.to_uppercase(),
    )


read_in = {source: read(*what) for source, what in CSV.items()}
start = time.perf_counter()
keyed = {source: keys(frame) for source, frame in read_in.items()}
keyed_at = time.perf_counter()

# What is measured: tiers one after the other, each on what the tiers before left over on both sides; then ten columns.
matches, diffs = [], []
for source in ("psa", "rmm"):
    mine, theirs = keyed[source], keyed["hub"]
    for tier in ("serial", "mac", "host"):
        met = mine.drop_nulls(tier).join(theirs.drop_nulls(tier), on=["org", tier], how="inner", suffix="_hub")
        met = met.select("id", "id_hub").unique("id", keep="first").unique("id_hub", keep="first")
        matches.append(met.with_columns(source=pl.lit(source), tier=pl.lit(tier)))
        mine = mine.join(met, on="id", how="anti")
        theirs = theirs.join(met, left_on="id", right_on="id_hub", how="anti")
    pairs = pl.concat(matches[-3:]).join(keyed[source], on="id").join(
        keyed["hub"], left_on="id_hub", right_on="id", suffix="_now")
    for field in FIELDS:
        now = pl.col(f"{field}_now")
        differs = pl.col(field).is_not_null() & pl.col(field).ne_missing(now)
        diffs.append(pairs.filter(differs).select("id_hub", "source", field=pl.lit(field), now=now, desired=field))
matched, differing = pl.concat(matches), pl.concat(diffs)
end = time.perf_counter()

matched.write_parquet(out)
print(json.dumps({"seconds": end - keyed_at, "keys": keyed_at - start, "matched": len(matched), "diffs": len(differing)}))
