#!/usr/bin/env python3
"""Measures Matchbook beside other programs that do the same, and against its targets.

    pip install duckdb polars pyarrow
    python3 benches/compare/compare.py --configurations 1000000 --runs 3
    python3 benches/compare/compare.py --measure all

Estates are generated once and kept. What was measured is written to standard output as Markdown. `README.md` says what the
sides do, `BENCHMARKS.md` at the root of the project what came of it. Needs Python 3.11 or later on Linux.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from measures import APART, TOGETHER, Setting, measure
from tables import render

ROOT = Path(__file__).resolve().parents[2]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures Matchbook beside other programs.")
    parser.add_argument("--configurations", type=int, default=1_000_000, help="devices of each system")
    parser.add_argument("--runs", type=int, default=3, help="runs of every side")
    parser.add_argument(
        "--measure",
        default=",".join(TOGETHER),
        help=f"some of {','.join(TOGETHER + APART)}, or `all`; growth makes an estate ten times as large",
    )
    parser.add_argument("--folder", type=Path, default=ROOT / "target" / "compare", help="where estates are kept")
    parser.add_argument("--seed", type=int, default=7, help="seed of the estates")
    parser.add_argument("--cores", type=int, default=2, help="cores that every side may use")
    parser.add_argument("--matchbook", help="a built `matchbook`; without it, it is built")
    parser.add_argument("--generator", help="a built example `estate`; without it, it is built")
    parser.add_argument("--out", type=Path, help="a file for the tables, too")
    given = parser.parse_args()
    given.wanted = set(TOGETHER + APART) if given.measure == "all" else set(given.measure.split(","))
    if unknown := given.wanted - set(TOGETHER + APART):
        parser.error(f"no such measure: {', '.join(sorted(unknown))}")
    return given


def tell(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def built(*what: str) -> str:
    """Builds a program and says where it is."""
    tell(f"building {what[-1]}")
    command = ["cargo", "build", "--release", "--message-format=json-render-diagnostics", *what]
    out = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    artifacts = [json.loads(line) for line in out.splitlines()]
    return next(a["executable"] for a in artifacts if a.get("executable") and a["target"]["name"] == what[-1])


def main() -> None:
    given = arguments()
    program = given.matchbook or built("--bin", "matchbook")
    generator = given.generator or built("--example", "estate")
    # Every side inherits it.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: given.cores])
    setting = Setting(
        program=str(Path(program).resolve()),
        generator=str(Path(generator).resolve()),
        folder=given.folder.resolve(),
        configurations=given.configurations,
        runs=given.runs,
        seed=given.seed,
        load=os.getloadavg()[0],
        tell=tell,
    )
    results = measure(setting, given.wanted)
    text = render(setting, results)
    print(text)
    if given.out:
        given.out.write_text(text)
    if results.agreement and any(results.agreement["differences"].values()):
        sys.exit("the sides differ on unambiguous rows")


if __name__ == "__main__":
    main()
