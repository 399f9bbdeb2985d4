"""Programs as children: how long one ran, what it computed, and the most memory that it held."""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field


@dataclass
class Usage:
    """What one run took. `seconds` is the wall time, unless the program measured a part of itself."""

    seconds: float
    computing: float
    peak: int
    out: str = ""
    # The time of parts, by name.
    parts: dict[str, float] = field(default_factory=dict)
    # The bytes of the file that it left.
    left: int = 0


def run(command: list[str], cores: set[int] | None = None) -> Usage:
    """Runs a command to its end, on these cores if any are given. A command that fails ends the comparison."""
    bind = (lambda: os.sched_setaffinity(0, cores)) if cores else None
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        # What the run before wrote shall not be written during this one.
        os.sync()
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=out, stderr=errors, preexec_fn=bind)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        errors.seek(0)
        if child.returncode:
            sys.exit(f"`{' '.join(command)}` failed with {child.returncode}:\n{errors.read()[-4000:]}")
        # Linux counts in KiB, macOS in bytes.
        peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        return Usage(seconds, usage.ru_utime + usage.ru_stime, peak, out.read())
