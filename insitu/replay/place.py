"""A project's relations in schemas of their own; sources, and dbt's own snapshots, stay where they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from insitu.errors import ConfigurationError
from insitu.quoting import identifier, qualified

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

MOVED = ("model.", "seed.")


@dataclass(frozen=True)
class Place:
    """The schemas of a replay: those of the project, with a name before each.

    Attributes:
        name: also that of the schema in which the replay keeps its log.
        originals: the schemas that the project gives its nodes, by id.
    """

    name: str
    originals: Mapping[str, str]

    @classmethod
    def beside(cls, manifest: Manifest, name: str) -> Place:
        """That of a project which has not been moved yet."""
        return cls(name, {id_: node.schema for id_, node in manifest.nodes.items() if id_.startswith(MOVED)})

    def move(self, manifest: Manifest, own: Collection[str] = (), policy: str = "") -> set[str]:
        """Have dbt build nodes in these schemas; the manifest is changed.

        Args:
            own: the ids of those that are a policy's; others are shared by all.

        Returns:
            The schemas.

        Raises:
            ConfigurationError: one is a schema of the project itself.
        """
        taken = {self.name}
        for id_, original in self.originals.items():
            node = manifest.nodes[id_]
            schema = "_".join(filter(None, [self.name, policy if id_ in own else "", original]))
            if node.relation_name:
                node.relation_name = node.relation_name.replace(
                    qualified(node.schema, node.alias), qualified(schema, node.alias)
                )
            node.schema = schema
            taken.add(schema)
        if both := taken & {*self.originals.values(), *(source.schema for source in manifest.sources.values())}:
            raise ConfigurationError(
                f"{identifier(min(both))} is a schema of the project itself. "
                "Give the replay another name with --schema."
            )
        manifest.build_flat_graph()
        return taken
