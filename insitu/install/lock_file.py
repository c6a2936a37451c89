"""dbt's lock file with our package in it, as `dbt deps` would have written it; the other packages stay pinned."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

import yaml


def digest(packages: str, variables: Mapping[str, Any]) -> str | None:
    """dbt's hash of a list of packages: what tells `dbt deps` that the lock file is up to date."""
    try:
        from dbt.config.project import package_config_from_data
        from dbt.config.renderer import PackageRenderer
        from dbt.task.deps import _create_sha1_hash
    except ImportError:  # another dbt; `dbt deps` writes the lock file anew
        return None
    listed = {"packages": (yaml.safe_load(packages) or {}).get("packages") or []}
    rendered = PackageRenderer(dict(variables)).render_data(copy.deepcopy(listed))
    return str(_create_sha1_hash(package_config_from_data(rendered, copy.deepcopy(listed)).packages))


def rehashed(lock: str, before: str | None, after: str | None) -> str:
    """The lock file for another list; one that did not belong to the list before is left out of date."""
    if before is None or after is None:
        return lock
    return re.sub(rf"^(sha1_hash:\s*){before}", rf"\g<1>{after}", lock, flags=re.MULTILINE)
