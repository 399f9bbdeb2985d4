"""Results as Markdown, and what they were measured on."""

import os
import platform
import subprocess
import sys
from statistics import median

from measures import Results, Row, Setting
from process import Usage


def table(headings: list[str], rows: list[list[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def outcome(row: Row) -> list[str]:
    return [row.number, row.measure, row.value, row.target, "met" if row.is_met else "**missed**"]


def side(sitting: str, name: str, usages: list[Usage]) -> list[str]:
    times = [usage.seconds for usage in usages]
    left = usages[-1].left
    return [
        sitting,
        name,
        f"{median(times):.2f} ({min(times):.2f} to {max(times):.2f})",
        f"{median(usage.computing for usage in usages):.1f}",
        f"{max(usage.peak for usage in usages) / 2**20:,.0f}",
        f"{left / 2**20:,.0f}" if left else "",
    ]


def stages(sittings: dict[str, dict[str, list[Usage]]]) -> str:
    """The stages of Matchbook's own runs, which do not measure themselves as a whole."""
    names, rows = [], []
    for sitting, sides in sittings.items():
        for name, usages in sides.items():
            if "extract" in usages[0].parts:
                names += [stage for stage in usages[0].parts if stage not in names]
                rows.append((f"{sitting}: {name}", usages))
    cells = [
        [name, *(f"{median(u.parts[stage] for u in usages):.2f}" if stage in usages[0].parts else "" for stage in names)]
        for name, usages in rows
    ]
    return table(["run", *names], cells)


def agreement(found: dict) -> str:
    rows = [[side, source, tier, f"{ours:,}", f"{theirs:,}"] for side, source, tier, ours, theirs in found["tiers"]]
    differences = "; ".join(f"{side}: {count:,}" for side, count in found["differences"].items())
    return (
        f"{found['unambiguous']:,} of {found['rows']:,} configurations of PSA and RMM are unambiguous. "
        f"Rows of these that differ in the tier or the hub's record: {differences}.\n\n"
        + table(["side", "source", "tier", "Matchbook", "side"], rows)
    )


def machine(setting: Setting) -> str:
    code = "import duckdb, polars, pyarrow; print(duckdb.__version__, polars.__version__, pyarrow.__version__)"
    packages = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split()
    version = subprocess.run([setting.program, "--version"], capture_output=True, text=True).stdout.strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    rows = [
        ["processor", f"{processor()}, {len(os.sched_getaffinity(0))} cores used of {os.cpu_count()}"],
        ["memory", f"{memory:.0f} GiB"],
        ["load before", f"{setting.load:.1f}"],
        ["system", f"{platform.system()} {platform.release()}"],
        ["Matchbook", f"{version}, with DuckDB {own_duckdb(setting)}"],
        ["Python", platform.python_version()],
        *([name, found] for name, found in zip(["duckdb (Python)", "polars", "pyarrow"], packages)),
    ]
    return table(["what", "which"], rows)


def own_duckdb(setting: Setting) -> str:
    """The version of the library in the program, by any warehouse that it made."""
    made = sorted(setting.folder.glob("*/pipeline.duckdb"))
    if not made:
        return "unknown"
    pipeline = made[0].with_suffix(".toml")
    command = [setting.program, "query", str(pipeline), "SELECT version()", "--csv"]
    return subprocess.run(command, capture_output=True, text=True).stdout.split()[-1].strip("v")


def processor() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def render(setting: Setting, results: Results) -> str:
    sides = [
        side(sitting, name, usages)
        for sitting, taken in results.sittings.items()
        for name, usages in taken.items()
    ]
    parts = [
        f"### {setting.configurations:,} configurations × 3, runs of every side in turn: {setting.runs}, medians",
        table(["#", "measure", "value", "target", "verdict"], [outcome(row) for row in results.rows]),
        "Sides:",
        table(["sitting", "side", "seconds (least to most)", "CPU seconds", "peak MiB", "file MiB"], sides),
        "Stages of Matchbook, seconds:",
        stages(results.sittings),
    ]
    if results.agreement:
        parts += ["Agreement:", agreement(results.agreement)]
    return "\n\n".join([*parts, "Measured on:", machine(setting)]) + "\n"
