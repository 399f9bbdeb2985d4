"""The estates that are compared, made by the project's generator."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from process import run

# The options of the generator by kind of estate.
KINDS = {
    "even": [],
    "skewed": ["--skew"],
    "tiny": ["--tiny"],
    "shared": ["--every-serial-shared"],
    "json": ["--json"],
}


@dataclass
class Estate:
    folder: Path

    @property
    def pipeline(self) -> Path:
        return self.folder / "pipeline.toml"

    @property
    def warehouse(self) -> Path:
        return self.folder / "pipeline.duckdb"

    def inputs(self) -> list[Path]:
        """The files of the systems."""
        return sorted(path for path in self.folder.glob("*/*") if path.suffix in (".csv", ".json"))

    def size(self) -> int:
        return sum(path.stat().st_size for path in self.inputs())

    def warm(self) -> None:
        """Reads every file once, so that the first side does not pay for the disk."""
        for path in self.inputs():
            with path.open("rb") as file:
                while file.read(1 << 24):
                    pass


def make(generator: str, folder: Path, kind: str, configurations: int, seed: int) -> Estate:
    """The estate of a kind and size; one that was made with the same options is used again."""
    estate = Estate(folder / f"{kind}-{configurations}")
    options = [f"--configurations={configurations}", f"--seed={seed}", *KINDS[kind]]
    made = estate.folder / "made.json"
    if not made.exists() or json.loads(made.read_text()) != options:
        shutil.rmtree(estate.folder, ignore_errors=True)
        run([generator, *options, "--out", str(estate.folder)])
        made.write_text(json.dumps(options))
    estate.warm()
    return estate
