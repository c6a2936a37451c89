"""What `insitu init`, `insitu upgrade` and `insitu remove` change."""

from __future__ import annotations

import os
from pathlib import Path

from insitu import __version__
from insitu.errors import ConfigurationError, InsituError
from insitu.install import lock_file, usage, yaml_lists
from insitu.install.changes import Change, Folder, Link, Text
from insitu.install.layout import CREATED, KEY, Layout, read
from insitu.install.package import RECORD, contents, library, source
from insitu.warehouse.places import shown


def init(layout: Layout, link: bool = False) -> list[Change]:
    """The package in the project, listed, and installed as `dbt deps` does; nothing for what is there already."""
    copy = layout.copy
    changes: list[Change] = []
    if os.path.lexists(copy.folder):
        if not copy.is_link and copy.record is None:
            raise ConfigurationError(
                f"`{shown(copy.folder)}` is there already and is not what `insitu init` writes. Move it away, then run "
                "again."
            )
        if link and not copy.is_link:
            raise ConfigurationError(
                f"`{shown(copy.folder)}` is a copy. Run `insitu remove` first, then `insitu init --link`."
            )
    else:
        changes.append(Link(copy.folder, source()) if link else Folder(copy.folder, library(), RECORD))
    if layout.place is None:
        changes += _listed(layout)
    return changes + _installed(layout)


def upgrade(layout: Layout, force: bool = False) -> list[Change]:
    """The installed library's package in place of the project's copy.

    Raises:
        ConfigurationError: the package is not in the project.
        InsituError: the copy was changed by hand.
    """
    copy = layout.copy
    if layout.place is None or not copy.folder.is_dir():
        raise ConfigurationError(
            f"The package `insitu` is not in `{shown(layout.root)}`. Run `insitu init` to put it there."
        )
    if copy.is_link:
        return _installed(layout)
    if copy.record is None and not force:
        raise InsituError(
            f"`{shown(copy.folder)}` has no `{RECORD}`: what was changed there by hand can't be told. To overwrite it "
            "all the same: `insitu upgrade --force`."
        )
    if copy.edits and not force:
        raise InsituError(
            f"`{shown(copy.folder)}` was changed by hand:\n  " + "\n  ".join(copy.edits) + "\nA macro of your own "
            "project with another name survives upgrades. To overwrite these changes: `insitu upgrade --force`."
        )
    same = copy.is_current and not copy.edits and copy.version == __version__
    changes: list[Change] = [] if same else [Folder(copy.folder, library(), RECORD)]
    return changes + _installed(layout)


def remove(layout: Layout, force: bool = False) -> list[Change]:
    """The project without the package, as it was before `insitu init`.

    Raises:
        InsituError: something in the project still needs it, or the copy was changed by hand.
    """
    if not force and layout.place is not None:
        if needing := usage.of_package(layout):
            raise InsituError(
                "The package is still in use:\n  " + "\n  ".join(needing) + "\nTake these out first (`insitu "
                "remove-use-case <use case>`), or run `insitu remove --force` and repair them yourself."
            )
        if layout.copy.edits:
            raise InsituError(
                f"`{shown(layout.copy.folder)}` was changed by hand:\n  " + "\n  ".join(layout.copy.edits) + "\nTo "
                "delete it all the same: `insitu remove --force`."
            )
    changes: list[Change] = []
    if os.path.lexists(layout.installed):
        changes.append(Link(layout.installed, None))
    if layout.place is not None:
        changes += _unlisted(layout)
    folder = layout.copy.folder
    if os.path.lexists(folder) and folder.resolve().is_relative_to(layout.root) and not folder.is_symlink():
        changes.append(Folder(folder, None, RECORD))
    elif folder.is_symlink():
        changes.append(Link(folder, None))
    return changes


def _listed(layout: Layout) -> list[Change]:
    path, text = layout.list_file, read(layout.list_file)
    new = _edited(path, yaml_lists.added, text, layout.entry)
    there = path.is_file()
    own = CREATED + new.removeprefix(f"{yaml_lists.ADDED}\n")
    changes: list[Change] = [Text(path, text, new) if there else Text(path, None, own)]
    lock = read(layout.lock_file)
    if lock and layout.locked_entry not in yaml_lists.entries(lock, KEY):
        locked = _edited(layout.lock_file, yaml_lists.added, lock, layout.locked_entry)
        changes.append(Text(layout.lock_file, lock, _rehashed(layout, locked, text, new)))
    return changes


def _unlisted(layout: Layout) -> list[Change]:
    path, text = layout.list_file, read(layout.list_file)
    new = _edited(path, yaml_lists.without, text, layout.entry)
    ours = new == f"{CREATED}{KEY}:\n"
    changes: list[Change] = [Text(path, text, None if ours else new)]
    lock = read(layout.lock_file)
    if lock:
        locked = _edited(layout.lock_file, yaml_lists.without, lock, layout.locked_entry)
        if ours and not yaml_lists.entries(locked, KEY):
            changes.append(Text(layout.lock_file, lock, None))
        elif locked != lock:
            changes.append(Text(layout.lock_file, lock, _rehashed(layout, locked, text, new)))
    return changes


def _installed(layout: Layout) -> list[Change]:
    """A link where dbt looks: what `dbt deps` makes, without asking any hub for the other packages."""
    target = Path(os.path.relpath(layout.copy.folder, layout.install_folder))
    found, wanted = layout.installed, layout.copy.folder
    if found.is_dir() and (found.resolve() == wanted.resolve() or (contents(found) == contents(wanted) != {})):
        return []
    return [Link(layout.installed, target)]


def _rehashed(layout: Layout, lock: str, before: str, after: str) -> str:
    variables = layout.project.variables
    return lock_file.rehashed(lock, lock_file.digest(before, variables), lock_file.digest(after, variables))


def _edited(path: Path, edit: object, text: str, entry: dict[str, str]) -> str:
    try:
        return str(edit(text, KEY, entry))  # type: ignore[operator]
    except ConfigurationError as error:
        raise ConfigurationError(f"`{shown(path)}`: {error}.") from error
