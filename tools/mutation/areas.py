"""The areas of `areas.yml`."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
AREAS = Path(__file__).with_name("areas.yml")


class UsageError(Exception):
    """What was asked for cannot be done; the message says why and what to do."""


@dataclass(frozen=True)
class Area:
    """Files, and the tests nearest to them: the fast ones first, as the first that fails ends the run."""

    name: str
    mutate: tuple[str, ...]
    tests: tuple[str, ...]

    def files(self, tracked: list[str]) -> list[str]:
        """Those of the tree that the area names, by file or by folder."""
        return [
            file
            for file in tracked
            if file.endswith((".py", ".sql"))
            and any(file == part or file.startswith(f"{part}/") for part in self.mutate)
        ]


def areas(names: list[str]) -> list[Area]:
    """The areas of these names; all of them without any."""
    known = {
        name: Area(name, tuple(entry["mutate"]), tuple(entry["tests"]))
        for name, entry in yaml.safe_load(AREAS.read_text()).items()
    }
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError(f"no area is called {', '.join(unknown)}; {AREAS.name} has {', '.join(known)}")
    return [known[name] for name in names or known]


def tree_files() -> list[str]:
    """The files of the tree as it is now: those that git knows or would add, and that are there."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        raise UsageError(f"git does not list the files of {ROOT}: {listed.stderr.strip()}; run this in a clone")
    return sorted({file for file in listed.stdout.split("\0") if file and (ROOT / file).exists()})
