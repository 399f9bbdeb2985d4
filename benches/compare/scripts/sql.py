"""Runs `sql_match.sql` on an estate: sql.py ESTATE OUT.duckdb"""

import sys
from pathlib import Path

import duckdb

estate, out = sys.argv[1:]
with duckdb.connect(out) as connection:
    connection.execute("SET VARIABLE estate = ?", [estate])
    connection.execute(Path(__file__).with_name("sql_match.sql").read_text())
