"""Write the files of a new use case from the templates beside this file."""

import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from insitu.errors import ConfigurationError
from insitu.warehouse import Project

LINEAR_FAMILY = {
    "binary": "logistic_regression",
    "multiclass": "logistic_regression",
    "regression": "linear_regression",
}


def new_use_case(project: Project, name: str, entity: str, label: str, task: str) -> list[Path]:
    """Write the files and add the use case to the variable `insitu_use_cases`; all of it or nothing.

    Returns:
        The written files.

    Raises:
        ConfigurationError: a name is not a plain lower-case identifier, or a file is there already.
    """
    for what, value in (("use case", name), ("entity", entity), ("label", label)):
        if not re.fullmatch(r"[a-z][a-z0-9_]*", value) or "__" in value:
            raise ConfigurationError(
                f"The {what} `{value}` is not a name: use lower-case letters, digits and single underscores."
            )
    names = {
        "USE_CASE": name,
        "ENTITY": entity,
        "LINEAR_FAMILY": LINEAR_FAMILY[task],
        "LABEL": label,
        "TASK": task,
        "CLASS_KEY": ", class" if task == "multiclass" else "",
        "AND_CLASS": " and class" if task == "multiclass" else "",
    }
    root = project.directory.parent
    contents = {
        root / _filled(path, names): _filled(template.read_text(), names)
        for path, template in _templates(files("insitu.scaffold") / "templates", "")
        if task == "multiclass" or "confusion" not in path
    }
    present = [path for path in contents if path.exists()]
    if present:
        raise ConfigurationError(f"`{present[0]}` exists already. Choose another name, or remove the files first.")
    settings = project.directory / "dbt_project.yml"
    text = settings.read_text()
    listed = re.search(r"^(\s*insitu_use_cases:\s*\[)([^\]]*)\]", text, flags=re.MULTILINE)
    if listed is None:
        raise ConfigurationError(
            f"`{settings}` has no variable `insitu_use_cases: [...]`. Add it under `vars`, then run again."
        )
    for path, content in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    cases = [case for case in listed[2].replace(" ", "").split(",") if case]
    settings.write_text(text.replace(listed[0], f"{listed[1]}{', '.join([*cases, name])}]"))
    return list(contents)


def _templates(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    found = []
    for item in folder.iterdir():
        if item.is_dir():
            found += _templates(item, f"{prefix}{item.name}/")
        elif item.name.endswith((".sql", ".yml", ".py")):
            found.append((prefix + item.name, item))
    return sorted(found, key=lambda pair: pair[0])


def _filled(text: str, names: dict[str, str]) -> str:
    for placeholder, value in names.items():
        text = text.replace(placeholder, value)
    return text
