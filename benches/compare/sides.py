"""The sides of the comparison: each runs once and says what it took."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

from estates import Estate
from process import Usage, run

SCRIPTS = Path(__file__).parent / "scripts"
# The stages before the warehouse, by the name of the last.
MATCHING, PLANNING = "diff", "plan"

Side = Callable[[], Usage]


def without(path: Path) -> Path:
    """The path, with nothing there."""
    for old in (path, path.with_name(path.name + ".wal")):
        old.unlink(missing_ok=True)
    return path


def matchbook(program: str, estate: Estate, until: str | None = None, cores: set[int] | None = None) -> Usage:
    """A run into a new warehouse, or only up to a stage. The parts are the stages."""
    if until is None:
        without(estate.warehouse)
    options = ["--until", until] if until else []
    usage = run([program, "run", str(estate.pipeline), "--json", *options], cores)
    events = [json.loads(line) for line in usage.out.splitlines()]
    for event in events:
        if event["type"] == "stage_finished":
            usage.parts[event["stage"]] = event["seconds"]
    usage.left = 0 if until else estate.warehouse.stat().st_size
    return usage


def stages(usage: Usage, *names: str) -> float:
    return sum(usage.parts[name] for name in names)


def python(script: str, *arguments: Path) -> Usage:
    """A script of its own process. Where it prints times, the one called `seconds` is the side's."""
    usage = run([sys.executable, str(SCRIPTS / script), *map(str, arguments)])
    if usage.out.strip():
        usage.parts = json.loads(usage.out)
        usage.seconds = usage.parts.get("seconds", usage.seconds)
    return usage


def sql(estate: Estate, out: Path) -> Usage:
    usage = python("sql.py", estate.folder, without(out))
    usage.left = out.stat().st_size
    return usage


def floor(estate: Estate, out: Path) -> Usage:
    usage = python("floor.py", estate.folder, estate.warehouse, without(out))
    usage.left = out.stat().st_size
    without(out)
    return usage


def polars(estate: Estate, out: Path) -> Usage:
    return python("polars_match.py", estate.folder, without(out))


def agree(estate: Estate, sql_out: Path | None, polars_out: Path | None) -> dict:
    """What the sides agree on, of the last run of each."""
    paths = [str(path) if path else "-" for path in (sql_out, polars_out)]
    command = [sys.executable, str(SCRIPTS / "agree.py"), str(estate.folder), str(estate.warehouse), *paths]
    return json.loads(run(command).out)


def in_turn(sides: dict[str, Side], runs: int, tell: Callable[[str], None]) -> dict[str, list[Usage]]:
    """Runs A B C A B C ..., so that what the machine does meanwhile hits all of them."""
    taken: dict[str, list[Usage]] = {name: [] for name in sides}
    for turn in range(runs):
        for name, side in sides.items():
            usage = side()
            taken[name].append(usage)
            tell(f"{name}, {turn + 1} of {runs}: {usage.seconds:.2f} s, {usage.peak / 2**20:.0f} MiB")
    return taken
