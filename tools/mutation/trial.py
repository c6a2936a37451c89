"""Runs tests in a copy of the tree, and says what they said of a mutant."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.mutation.areas import ROOT, Area, UsageError, tree_files
from tools.mutation.mutants import Mutant

# What the warehouses, dbt and Python say of a text that they cannot read. No test can be praised for that.
_UNREADABLE = re.compile(
    r"(Parser|Binder|Catalog) Error:|syntax error at or near|must appear in the GROUP BY clause"
    r"|(column|function|operator|relation) .{1,120}does not exist|FULL JOIN is only supported"
    r"|(NameError|UnboundLocalError|SyntaxError|ImportError): "
    r"|TypeError: .*(missing \d+ required|unexpected keyword|unsupported operand|bad operand)"
)
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Verdict:
    """`killed`, `timeout`, `survived` or `unreadable`; the test that noticed."""

    outcome: str
    seconds: float
    by: str = ""


@contextlib.contextmanager
def copied_tree() -> Iterator[Path]:
    """The tree as it is now, at a place of its own; the checkout is never changed."""
    with tempfile.TemporaryDirectory(prefix="insitu-mutation-") as folder:
        copy = Path(folder) / "tree"
        for file in tree_files():
            (copy / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, copy / file, follow_symlinks=False)
        shutil.copytree(ROOT / "dbt_project" / "dbt_packages", copy / "dbt_project" / "dbt_packages", symlinks=True)
        yield copy


class Trial:
    """The nearest tests of one area in a copy of the tree."""

    def __init__(self, copy: Path, area: Area, timeout: float | None) -> None:
        self.copy, self.area = copy, area
        missing = [test for test in area.tests if not (copy / test.partition("::")[0]).exists()]
        if missing:
            raise UsageError(
                f"{area.name}: there is no {', '.join(missing)}; areas.yml names it among the nearest tests"
            )
        code, output, seconds = self._pytest(timeout or 3600)
        if code:
            raise UsageError(
                f"{area.name}: its tests fail without any fault (pytest ended with {code}); make them pass first\n"
                + output[-3000:]
            )
        self.seconds = seconds
        self.timeout = timeout or 3 * seconds + 30

    def of(self, mutant: Mutant) -> Verdict:
        """Plant the fault, run the tests, and put the file back."""
        path = self.copy / mutant.file
        text = path.read_text(encoding="utf-8")
        path.write_text(mutant.text, encoding="utf-8")
        try:
            code, output, seconds = self._pytest(self.timeout)
        finally:
            path.write_text(text, encoding="utf-8")
        if code is None:
            return Verdict("timeout", seconds)
        if code == 0:
            return Verdict("survived", seconds)
        failed = _FAILED.search(output)
        # 1: a test failed; anything else: pytest could not even load them
        unreadable = code != 1 or _UNREADABLE.search(output)
        return Verdict("unreadable" if unreadable else "killed", seconds, failed[1] if failed else "")

    def _pytest(self, timeout: float) -> tuple[int | None, str, float]:
        """Exit code (None if the time was up), output, and seconds."""
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
        command += ["--basetemp", str(self.copy.parent / "tmp"), *self.area.tests]
        # The library of the copy, not the one that is installed; no bytecode, which would be that of another mutant.
        environment = {**os.environ, "PYTHONPATH": str(self.copy), "PYTHONDONTWRITEBYTECODE": "1"}
        began = time.monotonic()
        with tempfile.TemporaryFile("w+") as output:
            process = subprocess.Popen(
                command, cwd=self.copy, env=environment, stdout=output, stderr=output, start_new_session=True
            )
            try:
                code: int | None = process.wait(timeout)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                _end(process)
            output.seek(0)
            return code, output.read(), time.monotonic() - began


def _end(process: subprocess.Popen[bytes]) -> None:
    """Stop the tests, if they still run: gently, so that they take their servers down, then with all they started."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
