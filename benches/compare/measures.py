"""The measures: which sides run in one sitting, what is taken of them, and what it should be."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import sides
from estates import Estate, make
from process import Usage

GIB = 2**30
# What one sitting can measure, and what takes estates of its own.
TOGETHER = ["sql", "floor", "polars", "memory", "size"]
APART = ["growth", "threads", "variants", "small", "json"]


@dataclass
class Row:
    """A measure with its outcome."""

    number: str
    measure: str
    value: str
    target: str
    is_met: bool


@dataclass
class Results:
    rows: list[Row] = field(default_factory=list)
    # By the title of a sitting, the runs by side.
    sittings: dict[str, dict[str, list[Usage]]] = field(default_factory=dict)
    agreement: dict | None = None

    def ratio(self, number: str, measure: str, ours: float, theirs: float, most: float) -> None:
        value = ours / theirs
        text = f"{ours:.2f} s / {theirs:.2f} s = {value:.2f} ×"
        self.rows.append(Row(number, measure, text, f"at most {most} ×", value <= most))

    def memory(self, number: str, measure: str, peak: int, most: float) -> None:
        text = f"{peak / GIB:.2f} GiB"
        self.rows.append(Row(number, measure, text, f"at most {most} GiB", peak <= most * GIB))


@dataclass
class Setting:
    """What all measures are taken with."""

    program: str
    generator: str
    folder: Path
    configurations: int
    runs: int
    seed: int
    # Programs that were waiting for a core before anything began: near 0 on a machine with nothing else to do.
    load: float
    tell: Callable[[str], None]

    def estate(self, kind: str, configurations: int | None = None) -> Estate:
        size = configurations or self.configurations
        self.tell(f"estate: {kind}, {size:,} configurations")
        return make(self.generator, self.folder, kind, size, self.seed)

    def whole(self, estate: Estate) -> sides.Side:
        return lambda: sides.matchbook(self.program, estate)


def seconds(usages: list[Usage]) -> float:
    return median(usage.seconds for usage in usages)


def peak(usages: list[Usage]) -> int:
    return max(usage.peak for usage in usages)


def together(setting: Setting, wanted: set[str], results: Results) -> None:
    """Measures 1 to 4 and 9: every side in turn on one estate."""
    estate = setting.estate("even")
    out = {name: estate.folder / f"{name}.out" for name in ("sql", "floor", "polars")}
    running = {"matchbook": setting.whole(estate)}
    if "sql" in wanted:
        running["sql"] = lambda: sides.sql(estate, out["sql"])
    if "floor" in wanted:
        running["floor"] = lambda: sides.floor(estate, out["floor"])
    if "polars" in wanted:
        running["matchbook, matching alone"] = lambda: sides.matchbook(setting.program, estate, sides.MATCHING)
        running["polars"] = lambda: sides.polars(estate, out["polars"])
    taken = sides.in_turn(running, setting.runs, setting.tell)
    ours = taken["matchbook"]
    if "sql" in wanted:
        results.ratio("1", "whole run against SQL in DuckDB", seconds(ours), seconds(taken["sql"]), 0.6)
    if "floor" in wanted:
        results.ratio("2", "whole run against its naive floor", seconds(ours), seconds(taken["floor"]), 1.0)
    if "polars" in wanted:
        alone, polars = taken["matchbook, matching alone"], taken["polars"]
        mine = median(sides.stages(usage, "match", "diff") for usage in alone)
        results.ratio("3", "match, resolve and diff against polars", mine, seconds(polars), 0.7)
        mine = median(sides.stages(usage, "normalize", "match", "diff") for usage in alone)
        theirs = median(usage.seconds + usage.parts["keys"] for usage in polars)
        results.ratio("3", "the same, with the making of keys on both sides", mine, theirs, 0.7)
    if "memory" in wanted:
        results.memory("4", f"peak memory, {setting.configurations:,} × 3", peak(ours), 2.5)
    if "size" in wanted:
        size, inputs = ours[-1].left, estate.size()
        text = f"{size / 2**20:.0f} MiB / {inputs / 2**20:.0f} MiB = {size / inputs:.2f} ×"
        results.rows.append(Row("9", "warehouse against the CSV files", text, "at most 1.0 ×", size <= inputs))
    if wanted & {"sql", "polars"}:
        there = {name: out[name] if name in wanted else None for name in ("sql", "polars")}
        results.agreement = sides.agree(estate, there["sql"], there["polars"])
    for path in out.values():
        sides.without(path)
    results.sittings[f"{setting.configurations:,} × 3"] = taken


def growth(setting: Setting, results: Results) -> None:
    """Measure 5, and 4 for the large estate."""
    large = setting.configurations * 10
    small_estate, large_estate = setting.estate("even"), setting.estate("even", large)
    names = f"{setting.configurations:,}", f"{large:,}"
    running = {names[0]: setting.whole(small_estate), names[1]: setting.whole(large_estate)}
    taken = sides.in_turn(running, setting.runs, setting.tell)
    few, many = taken[names[0]], taken[names[1]]
    results.memory("4", f"peak memory, {large:,} × 3", peak(many), 14)
    results.ratio("5", f"{names[1]} against {names[0]} configurations", seconds(many), seconds(few), 11)
    results.sittings["growth"] = taken


def threads(setting: Setting, results: Results) -> None:
    """Measure 6: the same run, bound to one core and to two."""
    estate = setting.estate("even")
    cores = sorted(os.sched_getaffinity(0))[:2]
    running = {
        name: lambda cores=cores: sides.matchbook(setting.program, estate, sides.PLANNING, cores)
        for name, cores in (("one core", set(cores[:1])), ("two cores", set(cores)))
    }
    taken = sides.in_turn(running, setting.runs, setting.tell)
    one, two = (median(sum(usage.parts.values()) for usage in taken[name]) for name in running)
    text = f"{one:.2f} s / {two:.2f} s = {one / two:.2f} ×"
    results.rows.append(
        Row("6", "one core against two, stages before the warehouse", text, "at least 1.7 ×", one / two >= 1.7)
    )
    results.sittings["threads"] = taken


def compared(setting: Setting, results: Results, number: str, kinds: dict[str, str], most: float) -> None:
    """Measures 7 and 10: other kinds of estates against the even one of the same size."""
    running = {kind: setting.whole(setting.estate(kind)) for kind in ("even", *kinds)}
    taken = sides.in_turn(running, setting.runs, setting.tell)
    for kind, what in kinds.items():
        results.ratio(number, f"{what} against the even estate", seconds(taken[kind]), seconds(taken["even"]), most)
    results.sittings["json" if number == "10" else "variants"] = taken


def variants(setting: Setting, results: Results) -> None:
    giant = min(300_000, setting.configurations // 3)
    kinds = {
        "skewed": f"one organization with {giant:,} devices",
        "tiny": f"{setting.configurations // 10:,} organizations of 10",
        "shared": "every serial number shared",
    }
    compared(setting, results, "7", kinds, 1.5)


def json(setting: Setting, results: Results) -> None:
    compared(setting, results, "10", {"json": "documents of the vendors' interfaces (JSON)"}, 1.6)


def small(setting: Setting, results: Results) -> None:
    """Measure 8: an ordinary provider. So short a run is repeated more often."""
    estate = setting.estate("even", 10_000)
    taken = sides.in_turn({"10,000": setting.whole(estate)}, max(setting.runs, 7), setting.tell)
    value = seconds(taken["10,000"])
    results.rows.append(Row("8", "whole run, 10,000 × 3", f"{value:.2f} s", "under 0.6 s", value < 0.6))
    results.sittings["small"] = taken


def measure(setting: Setting, wanted: set[str]) -> Results:
    results = Results()
    if wanted & set(TOGETHER):
        together(setting, wanted, results)
    for name, take in {
        "growth": growth, "threads": threads, "variants": variants, "small": small, "json": json
    }.items():
        if name in wanted:
            take(setting, results)
    results.rows.sort(key=lambda row: int(row.number))
    return results
