"""`insitu init`, `insitu upgrade`, `insitu remove`: what they change, and that they leave no trace."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

import insitu
from insitu.install import package
from insitu.install.layout import CREATED
from tests.unit.install.conftest import SETTINGS, Shop

HUB = "packages:\n  # from the hub\n  - package: dbt-labs/dbt_utils\n    version: 1.3.0   # pinned\n"
LOCK = "packages:\n  - name: dbt_utils\n    package: dbt-labs/dbt_utils\n    version: 1.3.0\nsha1_hash: {}\n"
ENTRY = {"local": "packages/insitu"}


def hub_lock() -> str:
    from insitu.install.lock_file import digest

    return LOCK.format(digest(HUB, {}))


def with_hub_package(shop: Shop, path: str = "packages.yml") -> None:
    """A project whose package from the hub is installed and locked."""
    shop.write(path, HUB)
    shop.write("package-lock.yml", hub_lock())
    shop.write("dbt_packages/dbt_utils/dbt_project.yml", "name: dbt_utils\nversion: 1.3.0\n")


def test_a_copy_is_vendored_listed_and_found(shop: Shop) -> None:
    shop.commit()
    outcome = shop.insitu("init", "--yes")
    assert outcome.exit_code == 0, outcome.output
    assert yaml.safe_load(shop.read("packages.yml")) == {"packages": [ENTRY]}
    assert package.contents(shop.folder / "packages/insitu") == package.contents(package.source())
    record = json.loads(shop.read("packages/insitu/vendored.json"))
    assert record["version"] == insitu.__version__ and "dbt_project.yml" in record["files"]
    link = shop.folder / "dbt_packages/insitu"
    assert link.readlink() == Path("../packages/insitu") and (link / "macros").is_dir()
    assert "+  - local: packages/insitu" in outcome.output and "insitu new" in outcome.output
    assert shop.git("status", "--short") == "?? packages.yml\n?? packages/\n"
    again = shop.insitu("init", "--yes")
    assert (again.exit_code, again.output) == (0, "Nothing to do: insitu 0.1.0 is in `packages/insitu`.\n")


@pytest.mark.parametrize("path", ["packages.yml", "dependencies.yml"])
def test_other_packages_stay_as_they_are_pinned(shop: Shop, path: str) -> None:
    with_hub_package(shop, path)
    before = shop.files()
    assert shop.insitu("init", "--yes").exit_code == 0
    assert shop.read(path) == HUB + "  - local: packages/insitu\n"
    assert not (shop.folder / "packages.yml").exists() or path == "packages.yml"
    lock = yaml.safe_load(shop.read("package-lock.yml"))
    assert lock["packages"] == [
        {"name": "dbt_utils", "package": "dbt-labs/dbt_utils", "version": "1.3.0"},
        {**ENTRY, "name": "insitu"},
    ]
    assert lock["sha1_hash"] != yaml.safe_load(hub_lock())["sha1_hash"]
    assert shop.insitu("remove", "--yes").exit_code == 0
    assert shop.files() == before


def test_the_lock_is_the_one_that_dbt_writes(shop: Shop) -> None:
    from dbt.cli.main import dbtRunner

    shop.write("local/other/dbt_project.yml", "name: other\nversion: 1.0.0\n")
    shop.write("packages.yml", "packages:\n  - local: local/other\n")
    arguments = ["--quiet", "deps", "--project-dir", str(shop.folder), "--profiles-dir", str(shop.folder)]
    assert dbtRunner().invoke(arguments).success
    assert shop.insitu("init", "--yes").exit_code == 0
    ours = shop.read("package-lock.yml")
    (shop.folder / "package-lock.yml").unlink()
    assert dbtRunner().invoke(arguments).success
    assert shop.read("package-lock.yml") == ours
    assert shop.insitu("init").output.startswith("Nothing to do")


def test_dependencies_yml_with_projects_only_is_left_alone(shop: Shop) -> None:
    shop.write("dependencies.yml", "projects:\n  - name: upstream\n")
    assert shop.insitu("init", "--yes").exit_code == 0
    assert shop.read("packages.yml") == CREATED + "packages:\n  - local: packages/insitu\n"
    assert shop.read("dependencies.yml") == "projects:\n  - name: upstream\n"


def test_nothing_is_written_before_somebody_agrees(shop: Shop) -> None:
    before = shop.files()
    assert shop.insitu("init", answer="n\n").exit_code == 1
    nobody = shop.insitu("init", answer="")
    assert "To go ahead unasked: --yes" in str(nobody.exception)
    assert shop.files() == before
    assert shop.insitu("init", answer="y\n").exit_code == 0
    assert (shop.folder / "packages/insitu/dbt_project.yml").is_file()


@pytest.mark.parametrize(
    "packages",
    [None, "packages: # none\n  []\n", "packages: []\n", "# none\n", "packages: [{local: local/other}]", HUB],
)
def test_remove_leaves_the_project_as_it_was(shop: Shop, packages: str | None) -> None:
    if packages is not None:
        shop.write("packages.yml", packages)
    shop.commit()
    before = shop.files()
    assert shop.insitu("init", "--yes").exit_code == 0
    outcome = shop.insitu("remove", "--yes")
    assert outcome.exit_code == 0, outcome.output
    assert shop.files() == before
    assert shop.git("status", "--short") == ""
    assert shop.insitu("remove").output.startswith("Nothing to do")


def test_remove_takes_the_lock_that_came_with_it(shop: Shop) -> None:
    from dbt.cli.main import dbtRunner

    before = shop.files()
    shop.insitu("init", "--yes")
    arguments = ["--quiet", "deps", "--project-dir", str(shop.folder), "--profiles-dir", str(shop.folder)]
    assert dbtRunner().invoke(arguments).success
    assert (shop.folder / "package-lock.yml").is_file()
    assert shop.insitu("remove", "--yes").exit_code == 0
    assert {path for path in shop.files() if not path.startswith(("logs/", ".user"))} == before.keys()


@pytest.mark.parametrize("setting", ["packages-install-path: packages", "clean-targets: [target, packages]"])
def test_folders_that_dbt_deletes_are_avoided(shop: Shop, setting: str) -> None:
    shop.write("dbt_project.yml", f"{SETTINGS}{setting}\n")
    assert shop.insitu("init", "--yes").exit_code == 0
    assert yaml.safe_load(shop.read("packages.yml")) == {"packages": [{"local": "dbt_vendored/insitu"}]}
    assert (shop.folder / "dbt_vendored/insitu/dbt_project.yml").is_file()
    assert shop.insitu("init").output.startswith("Nothing to do")
    assert shop.insitu("remove", "--yes").exit_code == 0
    assert not (shop.folder / "dbt_vendored").exists()


def test_no_place_for_it(shop: Shop) -> None:
    shop.write("dbt_project.yml", SETTINGS.replace('["transformations"]', '["."]'))
    error = shop.insitu("init", "--yes").exception
    assert "no place for the package" in str(error) and "model-paths: ." in str(error)


def test_a_link_for_those_who_develop_the_library(shop: Shop) -> None:
    before = shop.files()
    outcome = shop.insitu("init", "--link", "--yes")
    assert (shop.folder / "packages/insitu").readlink() == package.source()
    assert "do not commit it" in outcome.output
    assert shop.insitu("init", "--link").output.startswith("Nothing to do")
    assert shop.insitu("upgrade").output.startswith("Nothing to do")
    assert shop.insitu("remove", "--yes").exit_code == 0
    assert shop.files() == before
    assert package.source().is_dir()
    shop.insitu("init", "--yes")
    assert "is a copy" in str(shop.insitu("init", "--link").exception)


def test_a_folder_of_somebody_elses_is_not_touched(shop: Shop) -> None:
    shop.write("packages/insitu/notes.md", "mine")
    before = shop.files()
    assert "not what `insitu init` writes" in str(shop.insitu("init", "--yes").exception)
    assert shop.files() == before


def test_a_list_that_is_not_understood_is_not_touched(shop: Shop) -> None:
    shop.write("packages.yml", "packages: [{local: a}  # the one\n]\n")
    before = shop.files()
    assert "`packages.yml`: the list `packages` is written in a way" in str(shop.insitu("init", "--yes").exception)
    assert shop.files() == before


def older(shop: Shop) -> None:
    """The copy as an older library left it."""
    folder = shop.folder / "packages/insitu"
    (folder / "macros/old.sql").write_text("{% macro old() %}{% endmacro %}\n")
    settings = folder / "dbt_project.yml"
    settings.write_text(settings.read_text().replace("version: 0.1.0", "version: 0.0.9"))
    files = {path: package.digest(content) for path, content in package.contents(folder).items()}
    (folder / "vendored.json").write_text(json.dumps({"version": "0.0.9", "files": files}))


def test_upgrade(shop: Shop) -> None:
    shop.insitu("init", "--yes")
    assert shop.insitu("upgrade").output.startswith("Nothing to do")
    older(shop)
    assert "The library is 0.1.0: run `insitu upgrade`" in shop.insitu("init").output
    outcome = shop.insitu("upgrade", "--yes")
    assert outcome.exit_code == 0
    assert "~ packages/insitu/dbt_project.yml   +1 -1" in outcome.output
    assert "insitu 0.0.9 -> 0.1.0" in outcome.output
    assert package.contents(shop.folder / "packages/insitu") == package.contents(package.source())
    assert shop.insitu("upgrade").output.startswith("Nothing to do")
    assert "-version: 0.0.9\n+version: 0.1.0" not in outcome.output
    older(shop)
    assert "-version: 0.0.9\n+version: 0.1.0" in shop.insitu("upgrade", "--diff", answer="n\n").output


def test_edits_by_hand_are_not_overwritten(shop: Shop) -> None:
    shop.insitu("init", "--yes")
    shop.write("packages/insitu/macros/mine.sql", "{% macro mine() %}{% endmacro %}")
    shop.write("packages/insitu/macros/cross_db/as_of.sql", "{# better #}")
    (shop.folder / "packages/insitu/macros/cross_db/json.sql").unlink()
    before = shop.files()
    for command in ("upgrade", "remove"):
        error = str(shop.insitu(command, "--yes").exception)
        for line in ("added macros/mine.sql", "changed macros/cross_db/as_of.sql", "removed macros/cross_db/json.sql"):
            assert line in error
        assert "--force" in error
        assert shop.files() == before
    assert shop.insitu("upgrade", "--force", "--yes").exit_code == 0
    assert package.contents(shop.folder / "packages/insitu") == package.contents(package.source())


def test_ends_of_lines_of_another_system_are_no_edit(shop: Shop) -> None:
    shop.insitu("init", "--yes")
    file = shop.folder / "packages/insitu/macros/cross_db/as_of.sql"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert shop.insitu("upgrade").output.startswith("Nothing to do")


def test_upgrade_without_init(shop: Shop) -> None:
    assert "Run `insitu init`" in str(shop.insitu("upgrade").exception)


def test_a_fresh_clone_gets_its_link_again(shop: Shop) -> None:
    shop.insitu("init", "--yes")
    shutil.rmtree(shop.folder / "dbt_packages")
    outcome = shop.insitu("init", "--yes")
    assert outcome.output.startswith("+ dbt_packages/insitu -> ../packages/insitu")
    assert (shop.folder / "dbt_packages/insitu/dbt_project.yml").is_file()


def test_missing_packages_from_the_hub_are_left_to_dbt(shop: Shop) -> None:
    shop.write("packages.yml", HUB)
    outcome = shop.insitu("init", "--yes")
    assert "  dbt deps   (the project's other packages are not installed)" in outcome.output


def test_an_ignored_copy_is_noticed(shop: Shop) -> None:
    shop.write(".gitignore", "packages/\n")
    assert "take `packages/insitu` out of .gitignore" in shop.insitu("init", "--yes").output


def test_remove_refuses_while_it_is_needed(shop: Shop) -> None:
    shop.insitu("init", "--yes")
    shop.write("transformations/insitu/churn/churn__models.py", "from insitu.nodes import train\n")
    shop.write("transformations/insitu/churn/churn__features.sql", "{{ insitu.join_features() }}\n")
    shop.write("transformations/marts/windows.sql", "select {{ insitu.as_of() }}\n")
    shop.write("transformations/_models.yml", "models:\n  - name: x\n    data_tests:\n      - insitu.no_findings\n")
    shop.write("transformations/harmless.sql", "{# insitu.as_of() #} select 'insitu.x'\n")
    before = shop.files()
    error = str(shop.insitu("remove", "--yes").exception)
    assert "in use:\n  use case churn\n  transformations/_models.yml\n  transformations/marts/windows.sql\n" in error
    assert "remove-use-case" in error
    assert shop.files() == before
    assert shop.insitu("remove", "--force", "--yes").exit_code == 0
    assert not (shop.folder / "packages").exists()
