"""The command line; see the package for what it does."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.mutation.areas import Area, UsageError, areas, tree_files
from tools.mutation.equivalents import Equivalent, equivalents
from tools.mutation.mutants import Mutant, sample
from tools.mutation.results import FOLDER, HEAD, PAGE, Result, Tried, saved, with_table
from tools.mutation.trial import Trial, Verdict, copied_tree


def run(area: Area, copy: Path, options: argparse.Namespace, known: list[Equivalent]) -> Result:
    """Try a sample of an area; how far it is, is said after every mutant."""
    files = area.files(tree_files())
    trial = Trial(copy, area, options.timeout)
    print(
        f"{area.name}: {len(files)} files; the tests take {trial.seconds:.0f} s, a mutant at most {trial.timeout:.0f} s"
    )
    result = Result(area.name, options.seed, [])
    for mutant in sample(copy, files, options.seed):
        if result.number("killed", "timeout", "survived") == options.sample:
            break
        verdict = Verdict("equivalent", 0) if any(one.is_of(mutant) for one in known) else trial.of(mutant)
        result.tried.append(_tried(mutant, verdict))
        said = f"{verdict.outcome:10} {verdict.seconds:4.0f} s  {mutant.file}:{mutant.line} {mutant.operator}"
        print(f"{len(result.tried):4} {said}{f'  {verdict.by}' if verdict.by else ''}", flush=True)
        result.save()
    return result


def _tried(mutant: Mutant, verdict: Verdict) -> Tried:
    seconds = round(verdict.seconds, 1)
    return Tried(
        mutant.file, mutant.line, mutant.within, mutant.operator, mutant.before, mutant.after,
        verdict.outcome, seconds, verdict.by,
    )  # fmt: skip


def say(results: list[Result]) -> None:
    """The survivors, then the kill rate of every area."""
    for result in results:
        for one in result.tried:
            if one.outcome == "survived":
                print(f"\nsurvived: {one.file}:{one.line} ({one.operator})\n{one.diff}")
    print("\n".join(["", *HEAD, *(result.row for result in results)]))


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.mutation")
    commands = parser.add_subparsers(dest="command", required=True)
    test = commands.add_parser("test", help="try a sample of mutants; exit 1 below the wanted rate")
    test.add_argument("--area", default="", help="names of areas, with commas; all without any")
    test.add_argument("--sample", type=int, default=20, help="mutants per area that count")
    test.add_argument("--seed", type=int, default=1, help="which ones")
    test.add_argument("--timeout", type=float, help="seconds per mutant; without it, three times what the tests take")
    test.add_argument("--at-least", type=float, default=90, help="the wanted kill rate in percent")
    commands.add_parser("table", help=f"write the last results into {PAGE.name}")
    return parser.parse_args()


def main() -> int:
    options = parsed()
    try:
        if options.command == "table":
            names = [area.name for area in areas([])]
            PAGE.write_text(with_table(PAGE.read_text(), saved(equivalents()), names))
            return 0
        chosen, known = areas([name for name in options.area.split(",") if name]), equivalents()
        with copied_tree() as copy:
            results = [run(area, copy, options, known) for area in chosen]
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"stopped; what was tried so far is in {FOLDER}", file=sys.stderr)
        return 130
    say(results)
    return int(any(result.rate is not None and result.rate < options.at_least for result in results))


if __name__ == "__main__":
    sys.exit(main())
