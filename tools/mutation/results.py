"""What came of the mutants of an area: kept as JSON in `build/mutation`, counted, and written into CONTRIBUTING.md."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tools.mutation.areas import ROOT, UsageError
from tools.mutation.equivalents import Equivalent
from tools.mutation.mutants import Change

FOLDER = ROOT / "build" / "mutation"
PAGE = ROOT / "CONTRIBUTING.md"
BEGIN, END = "<!-- make mutation-table: begin -->", "<!-- make mutation-table: end -->"
HEAD = ["| area | mutants | killed | kill rate | equivalent | unreadable | seed |", "|---|---|---|---|---|---|---|"]
COUNTED = ("killed", "timeout", "survived")


@dataclass(frozen=True)
class Tried(Change):
    """One fault and what came of it."""

    outcome: str
    seconds: float
    by: str

    @property
    def diff(self) -> str:
        lines = [("- ", self.before), ("+ ", self.after)]
        return "\n".join(f"{sign}{line}" for sign, text in lines for line in text.splitlines())


@dataclass(frozen=True)
class Result:
    """Of one area."""

    area: str
    seed: int
    tried: list[Tried]

    def number(self, *outcomes: str) -> int:
        return sum(one.outcome in outcomes for one in self.tried)

    @property
    def rate(self) -> float | None:
        """Killed of those that count, in percent."""
        counted = self.number(*COUNTED)
        return 100 * self.number("killed", "timeout") / counted if counted else None

    @property
    def row(self) -> str:
        rate = "" if self.rate is None else f"{self.rate:.0f} %"
        cells = [self.area, self.number(*COUNTED), self.number("killed", "timeout"), rate]
        cells += [self.number("equivalent"), self.number("unreadable"), self.seed]
        return f"| {' | '.join(map(str, cells))} |"

    def save(self, folder: Path = FOLDER) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.area}.json").write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n")


def saved(known: list[Equivalent], folder: Path = FOLDER) -> list[Result]:
    """The last result of every area that was run in this checkout; a survivor may have been found equivalent since."""
    entries = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    results = []
    for entry in entries:
        tried = [Tried(**one) for one in entry["tried"]]
        judged = [
            replace(one, outcome="equivalent")
            if one.outcome == "survived" and any(e.is_of(one) for e in known)
            else one
            for one in tried
        ]
        results.append(Result(entry["area"], entry["seed"], judged))
    return results


def with_table(page: str, results: list[Result], order: list[str]) -> str:
    """The page with the rows of these results; rows of other areas stay, those of areas that are no more go."""
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise UsageError(
            f"{PAGE.name}: expected one line `{BEGIN}` and one `{END}`, between which the table is written"
        )
    before, _, rest = page.partition(BEGIN)
    table, _, after = rest.partition(END)
    rows = {line.split("|")[1].strip(): line for line in table.splitlines() if line.startswith("| ")}
    rows |= {result.area: result.row for result in results}
    lines = [BEGIN, *HEAD, *(rows[name] for name in order if name in rows), END]
    return before + "\n".join(lines) + after
