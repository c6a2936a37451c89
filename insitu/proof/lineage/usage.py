"""Which registered models use a feature, the champion included."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from insitu.registry.signature import Signature
from insitu.warehouse import Project, connect
from insitu.warehouse.catalog import existing_relations


@dataclass(frozen=True, slots=True)
class Usage:
    """A registered model, and the features in question that it reads."""

    use_case: str
    model_version: str
    champion: bool
    features: tuple[str, ...]

    def __str__(self) -> str:
        mark = " (champion)" if self.champion else ""
        names = ", ".join(self.features[:5]) + (f" and {len(self.features) - 5} more" if len(self.features) > 5 else "")
        return f"{self.model_version}{mark} of {self.use_case}: {names}"


def models_using(project: Project, features: Collection[str]) -> list[Usage]:
    """The models of all use cases whose signature lists one of the features; champions first.

    Models that were not built yet, or failed to train, use nothing.
    """
    wanted, found = {f.lower() for f in features}, []
    with connect(project) as warehouse:
        built = existing_relations(warehouse)

        def read(model: str, columns: str) -> list[dict[str, object]]:
            node = project.node(model)
            there = (node["schema"], node.get("alias") or node["name"]) in built
            return warehouse.query(f"select {columns} from {project.relation(model)}").to_pylist() if there else []

        for use_case in project.use_cases:
            leading = {str(row["model_version"]) for row in read(f"{use_case}__champion", "model_version")}
            for row in read(f"{use_case}__models", "model_version, signature"):
                if row["signature"] is None:
                    continue
                names = [f.name for f in Signature.from_json(str(row["signature"])).features]
                used = tuple(n for n in names if n.lower() in wanted)
                if used:
                    version = str(row["model_version"])
                    found.append(Usage(use_case, version, version in leading, used))
    return sorted(found, key=lambda u: (not u.champion, u.use_case, u.model_version))
