"""A dbt project of somebody else's, in a git repository."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from insitu.cli import cli

SETTINGS = """\
name: jaffle_shop
version: 1.0.0
profile: jaffle
model-paths: ["transformations"]
"""
PROFILE = "jaffle: {target: dev, outputs: {dev: {type: duckdb, path: jaffle.duckdb, schema: dev_ann}}}\n"


@dataclass(frozen=True)
class Shop:
    """The project's folder; commands are run in it."""

    folder: Path

    def write(self, path: str, text: str) -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
        return file

    def read(self, path: str) -> str:
        return (self.folder / path).read_bytes().decode()

    def insitu(self, *arguments: str, answer: str | None = None) -> Result:
        outcome = CliRunner().invoke(cli, arguments, input=answer)
        if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
            outcome.output_bytes  # noqa: B018
        return outcome

    def git(self, *arguments: str) -> str:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments]
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True).stdout

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", "as it was")

    def files(self) -> dict[str, bytes]:
        """Every file and link, links by where they lead."""
        return {
            str(path.relative_to(self.folder)): str(path.readlink()).encode()
            if path.is_symlink()
            else path.read_bytes()
            for path in self.folder.rglob("*")
            if (path.is_file() or path.is_symlink()) and ".git/" not in str(path)
        }


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    for name in ("DBT_PROJECT_DIR", "DBT_PROFILES_DIR", "DBT_TARGET", "DBT_PROFILE", "DBT_TARGET_PATH"):
        monkeypatch.delenv(name, raising=False)
    repository = tmp_path / "repository"
    shop = Shop(repository / "analytics")
    shop.write("dbt_project.yml", SETTINGS)
    shop.write("profiles.yml", PROFILE)
    shop.write("transformations/orders.sql", "select 1 as order_id\n")
    shop.write(".gitignore", "target/\nlogs/\ndbt_packages/\n")
    subprocess.run(["git", "init", "-q", repository], check=True)
    monkeypatch.chdir(shop.folder)
    return shop
