"""The naive floor: reading the CSV files, and loading finished tables into a new DuckDB file.

    floor.py ESTATE WAREHOUSE OUT.duckdb

The tables of a finished warehouse are taken into memory as Arrow before the clock starts. Then every CSV file is read with
polars, all columns as text, and one table after the other is loaded, and nothing else is done. The time is printed.
"""

import json
import sys
import time
from pathlib import Path

import duckdb
import polars

estate, warehouse, out = sys.argv[1:]
with duckdb.connect(warehouse, read_only=True) as connection:
    names = connection.execute("SELECT table_name FROM duckdb_tables() ORDER BY ALL").fetchall()
    tables = {name: connection.execute(f'FROM "{name}"').to_arrow_table() for (name,) in names}

start = time.perf_counter()
for path in sorted(Path(estate).glob("*/*.csv")):
    polars.read_csv(path, infer_schema=False)
read = time.perf_counter()
with duckdb.connect(out) as connection:
    for name, rows in tables.items():
        connection.execute(f'CREATE TABLE "{name}" AS FROM rows')
    connection.execute("CHECKPOINT")
end = time.perf_counter()
print(json.dumps({"seconds": end - start, "read": read - start, "load": end - read}))
