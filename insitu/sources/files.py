"""Find the file behind a source: a plain path, or a data file inside an installed Python package."""

import atexit
import hashlib
import shutil
import tempfile
import zipfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from insitu.errors import ConfigurationError


@cache
def file_path(package: str, path: str) -> str:
    """Return the path of a readable file for a source.

    Args:
        package: name of the installed package that holds the file, or "" for a plain path. The package is located,
            never imported.
        path: path inside the package, or a plain path. A zip archive with one member is unpacked for this process.

    Raises:
        ConfigurationError: the package is not installed, or there is no such file.
    """
    found = _locate(package, path)
    return str(_unzipped(found)) if found.suffix == ".zip" else str(found)


def file_hash(package: str, path: str) -> str:
    """Return the SHA-256 of the file as it is stored (hex), to see whether it changed since it was loaded."""
    with _locate(package, path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _locate(package: str, path: str) -> Path:
    root = Path()
    if package:
        spec = find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise ConfigurationError(
                f"The Python package `{package}`, which holds the source file `{path}`, is not installed. "
                f"Install it with `pip install {package}`, then run again."
            )
        root = Path(next(iter(spec.submodule_search_locations)))
    found = root / path
    if not found.is_file():
        raise ConfigurationError(
            f"There is no source file `{found}`. Correct `config.meta.file` of the source, or put the file there."
        )
    return found


def _unzipped(archive: Path) -> Path:
    directory = Path(tempfile.mkdtemp(prefix="insitu-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    with zipfile.ZipFile(archive) as file:
        members = file.namelist()
        if len(members) != 1:
            raise ConfigurationError(f"`{archive}` holds {len(members)} files; a source file archive holds one.")
        return Path(file.extract(members[0], directory))
