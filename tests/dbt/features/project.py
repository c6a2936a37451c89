"""A throw-away dbt project around the feature macros, compiled or built in-process."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import yaml
from dbt.cli.main import dbtRunner

from tests.dbt_package import install

PROJECT = Path(__file__).parent / "project"


class FeaturesProject:
    """`profile` is one dbt output; `models` maps file names (without .sql) to their text."""

    def __init__(self, directory: Path, profile: dict[str, Any], models: dict[str, str]) -> None:
        self.directory = directory
        shutil.copytree(PROJECT, directory, dirs_exist_ok=True)
        for name, text in models.items():
            (directory / "models" / f"{name}.sql").write_text(text)
        outputs = {"test": profile | {"threads": 1}}
        (directory / "profiles.yml").write_text(
            yaml.safe_dump({"features_test": {"target": "test", "outputs": outputs}})
        )
        install(directory)

    def run(self, *arguments: str) -> tuple[bool, str]:
        """Run dbt; return whether it succeeded and what it said."""
        lines: list[str] = []
        runner = dbtRunner(
            callbacks=[lambda event: lines.append(event.info.msg) if event.info.level in ("warn", "error") else None]
        )
        where = ["--project-dir", str(self.directory), "--profiles-dir", str(self.directory), "--quiet"]
        outcome = runner.invoke([*arguments, *where])
        if outcome.exception is not None:
            lines.append(str(outcome.exception))
        return bool(outcome.success), "\n".join(lines)

    def compiled(self) -> dict[str, str]:
        """Model name → compiled SQL."""
        ok, said = self.run("compile")
        assert ok, said
        manifest = json.loads((self.directory / "target" / "manifest.json").read_text())
        models = (node for node in manifest["nodes"].values() if node["package_name"] == "features_test")
        return {node["name"]: node["compiled_code"] for node in models}

    def failures(self) -> dict[str, str]:
        """Model name → message of the last run."""
        results = json.loads((self.directory / "target" / "run_results.json").read_text())["results"]
        return {r["unique_id"].split(".")[-1]: r["message"] for r in results if r["status"] == "error"}
