"""The project's copy of the dbt package, and what dbt has installed."""

from __future__ import annotations

from collections.abc import Iterator

from insitu import __version__
from insitu.install import yaml_lists
from insitu.install.doctor.result import Result, finding, ok
from insitu.install.git import is_ignored
from insitu.install.layout import KEY, Layout, read
from insitu.install.package import RECORD
from insitu.warehouse.places import shown


def vendored(layout: Layout) -> Iterator[Result]:
    """The package is in the project, as old as the library, and as it was written."""
    name, folder = "package", shown(layout.copy.folder)
    if layout.place is None:
        message = f"`{shown(layout.list_file)}` does not list the dbt package insitu."
        yield finding(name, message, "insitu init")
        return
    if not (layout.copy.folder / "dbt_project.yml").is_file():
        message = f"`{shown(layout.list_file)}` lists `{layout.place}`, and there is no dbt package."
        yield finding(name, message, "Restore it from version control, or `insitu init`.")
        return
    copy = layout.copy
    if not copy.is_link and copy.record is None:
        message = f"`{folder}` has no `{RECORD}`: its version and changes by hand can't be told."
        yield finding(name, message, "insitu upgrade --force")
    elif copy.version != __version__ or not copy.is_current:
        message = f"`{folder}` is of insitu {copy.version}, the library is {__version__}"
        yield finding(name, f"{message}{_same_number(copy.version)}.", "insitu upgrade")
    if copy.edits:
        some = ", ".join(copy.edits[:5]) + (f" and {len(copy.edits) - 5} more" if len(copy.edits) > 5 else "")
        step = "Move what you need into macros of your own with other names, then `insitu upgrade --force`."
        yield finding(name, f"`{folder}` was changed by hand: {some}.", step)
    if not copy.is_link and is_ignored(copy.folder):
        step = "Take it out of .gitignore and commit it: other machines need it."
        yield finding(name, f"Git ignores `{folder}`.", step)
    if copy.is_current and not copy.edits:
        yield ok(name, f"insitu {copy.version} in `{folder}`" + (" (linked)" if copy.is_link else ""))


def installed(layout: Layout) -> Iterator[Result]:
    """dbt finds every package that the project lists."""
    name, deps = "dbt packages", layout.project.command("dbt deps")
    if layout.others_are_missing:
        message = f"Packages that `{shown(layout.list_file)}` lists are not in `{shown(layout.install_folder)}`."
        yield finding(name, message, deps)
    elif layout.place is not None and layout.installed.resolve() != layout.copy.folder.resolve():
        if not layout.installed.is_dir():
            yield finding(name, f"`{shown(layout.installed)}` is not there: dbt does not find insitu.", "insitu init")
        else:
            message = f"`{shown(layout.installed)}` is not `{shown(layout.copy.folder)}`, which the project lists."
            yield finding(name, message, deps)
    elif layout.place is not None and (lock := read(layout.lock_file)) and not _locked(layout, lock):
        yield finding(name, f"`{shown(layout.lock_file)}` does not list insitu.", deps)
    else:
        yield ok(name, f"{len(layout.listed)} listed in `{shown(layout.list_file)}`, all installed")


def _locked(layout: Layout, lock: str) -> bool:
    return any(entry.get("name") == "insitu" for entry in yaml_lists.entries(lock, KEY) if isinstance(entry, dict))


def _same_number(version: str) -> str:
    return " too, with other files" if version == __version__ else ""
