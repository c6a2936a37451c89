"""What a model's Jinja reads besides the project: clocks, the environment, the database.

Such a thing is written into the compiled SQL, which does not show it, and may be another one in the next run. So every
name that the template uses must be known, in the template itself and in all macros that it calls: the macros of the
project and of its packages, not those of this library and of dbt's adapters' materializations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jinja2
from jinja2 import nodes

from insitu.proof.project.entries import declaration

OWN = "insitu"
# Macros of dbt's that ask for something that does not show in the result of their SQL: what it is.
HARMLESS = {
    "date_spine": "the number of periods, which the SQL bounds itself",
    "date": "a date made of numbers, not today's",
}
# What dbt knows without being told, and what Jinja does; the same in every run of the same project.
PLAIN = frozenset({
    "ref", "source", "this", "target", "config", "var", "execute", "return", "log", "print", "debug", "tojson",
    "fromjson", "toyaml", "fromyaml", "zip", "zip_strict", "set", "set_strict", "exceptions", "api", "project_name",
    "database", "schema", "local_md5", "diff_of_two_dicts", "try_or_compiler_error", "doc", "dbt_version", "range",
    "dict", "namespace", "cycler", "joiner", "loop", "caller", "varargs", "kwargs", "is_incremental", "true", "false",
    "none", "True", "False", "None",
})  # fmt: skip
# Of these objects the named attributes only.
PARTS = {
    "adapter": frozenset({"dispatch", "quote", "quote_as_configured", "get_columns_in_relation", "type", "behavior"}),
    "builtins": frozenset({"ref", "source", "config", "var"}),
    "model": frozenset({"name", "alias", "schema", "database", "unique_id", "resource_type", "package_name"}),
    "modules": frozenset({"re", "itertools"}),
}
CLOCKS = {
    "run_started_at": "changes from run to run; use the variable as_of",
    "invocation_id": "changes from run to run",
    "thread_id": "changes from run to run",
    "env_var": "reads the environment, which may be another one in the next run; use a variable of the project",
    "dbt_metadata_envs": "reads the environment, which may be another one in the next run",
    "lipsum": "changes from run to run",
}
ASKS = "puts today's data into the SQL; write it as a subquery, bounded by as_of"
QUERIES = dict.fromkeys(("run_query", "statement", "load_result", "store_result", "store_raw_result"), ASKS)
FILTERS = {"random": "changes from run to run", "attr": "hides which attribute is read"}
_COMMAND = "depends on the command that runs"
UNREAD = {
    "flags": _COMMAND, "invocation_args_dict": _COMMAND, "selected_resources": _COMMAND,
    "set_sql_header": "runs before the query, and is not read",
    "load_relation": "depends on what is built already; is_incremental() is understood",
    "load_cached_relation": "depends on what is built already; is_incremental() is understood",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """What a template does that its compiled SQL does not show."""

    code: str
    shown: str
    what: str
    line: int
    where: str = "Jinja"  # the macro in which it stands

    @property
    def why(self) -> str:
        return f"{self.shown} in {self.where} {self.what}"


@dataclass(slots=True)
class Macro:
    """A macro of the manifest."""

    name: str
    package: str
    text: str
    path: str
    trust: str | None = None


@dataclass(slots=True)
class Reading:
    """What was found in a template and in the macros that it calls."""

    problem: Problem | None = None
    incremental: bool = False  # asks is_incremental() itself
    incremental_macro: str = ""  # a macro that it calls and that asks is_incremental()
    trusted: dict[str, str] = field(default_factory=dict)  # macro → why it is right
    macros: list[Macro] = field(default_factory=list)  # those that it calls, of the project and of packages


class Templates:
    """Reads the Jinja of a project.

    Args:
        manifest: dbt's.
    """

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        self.project = manifest["metadata"].get("project_name") or ""
        self.adapter = manifest["metadata"].get("adapter_type") or "duckdb"
        self._by_name: dict[str, list[Macro]] = {}
        for entry in manifest.get("macros", {}).values():
            declared = declaration(entry)
            trust = declared.get("trust") if isinstance(declared, dict) else None
            macro = Macro(
                entry["name"], entry["package_name"], entry["macro_sql"], entry.get("original_file_path", ""), trust
            )
            self._by_name.setdefault(macro.name, []).append(macro)
        self._read: dict[tuple[str, str], Reading] = {}

    @cached_property
    def packages(self) -> set[str]:
        return {m.package for macros in self._by_name.values() for m in macros} | {self.project}

    def macros(self, name: str, package: str | None = None, caller: str = "") -> list[Macro]:
        """The macros that a name may mean, in a template of package `caller`."""
        found = self._by_name.get(name, [])
        if package is not None:
            inside = [m for m in found if m.package == package]
            return inside or ([m for m in found if is_dbt(m.package)] if package == "dbt" else [])
        return [m for m in found if m.package in (caller, self.project) or is_dbt(m.package)]

    def all(self) -> Iterator[Macro]:
        for macros in self._by_name.values():
            yield from macros

    def read(self, text: str, package: str) -> Reading:
        """What a template of this package reads."""
        if "{{" not in text and "{%" not in text:
            return Reading()
        key = package, text
        if key not in self._read:
            self._read[key] = Reading()  # of a macro that calls itself
            try:
                tree = parse(text)
            except jinja2.TemplateSyntaxError as error:
                self._read[key] = Reading(Problem("008", "a tag", f"is not understood: {error}", error.lineno))
            else:
                self._read[key] = self._walk(tree, package)
        return self._read[key]

    def _walk(self, tree: nodes.Template, package: str) -> Reading:
        result = Reading()
        local = {n.name for n in tree.find_all(nodes.Name) if n.ctx in ("store", "param")}
        local |= {m.name for m in tree.find_all(nodes.Macro)}
        parameters = _parameters(tree)
        parents = {id(child): node for node in _all(tree) for child in node.iter_child_nodes()}

        def problem(code: str, shown: str, what: str, node: nodes.Node, where: str = "Jinja") -> None:
            found = Problem(code, shown, what, node.lineno, where)
            if result.problem is None or found.line < result.problem.line:
                result.problem = found

        for used in tree.find_all(nodes.Filter):
            if used.name in FILTERS:
                problem("007" if used.name == "random" else "008", f"the filter {used.name}", FILTERS[used.name], used)
        for node in tree.find_all(nodes.Name):
            if node.ctx != "load":
                continue
            name, parent = node.name, parents.get(id(node))
            part = parent.attr if isinstance(parent, nodes.Getattr) else None
            if name in CLOCKS:
                problem("007", name, CLOCKS[name], node)
            elif name in QUERIES:
                problem("008", f"{name}()", QUERIES[name], node)
            elif name in UNREAD:
                problem("008", name, UNREAD[name], node)
            elif name in self.packages and part is not None and self.macros(part, name):
                self._follow(self.macros(part, name), result, node, problem)
            elif name in parameters.get(id(node), ()):
                continue
            elif self.macros(name, caller=package) and name != "is_incremental":
                self._follow(self.macros(name, caller=package), result, node, problem)
            elif name in PARTS:
                self._part(name, part, parents, parent, result, problem, node)
            elif name == "is_incremental":
                result.incremental = True
            elif name not in PLAIN and name not in local:
                problem("008", f"{name}{'.' + part if part else ''}", "is not known to the check", node)
        return result

    def _part(
        self, name: str, part: str | None, parents: Mapping[int, nodes.Node], parent: nodes.Node | None,
        result: Reading, problem: Any, node: nodes.Name,
    ) -> None:  # fmt: skip
        """An attribute of one of dbt's objects."""
        call = parents.get(id(parent))
        if part not in PARTS[name]:
            shown = f"{name}.{part}" if part else name
            if name == "adapter":
                problem("008", f"{shown}()" if part else shown, ASKS, node)
            elif name == "modules":
                problem("007", shown, "changes from run to run; use the variable as_of", node)
            else:
                problem("008", shown, "is not known to the check", node)
        elif part == "get_columns_in_relation" and isinstance(call, nodes.Call):
            if any(n.name == "this" for a in call.args for n in [a, *_all(a)] if isinstance(n, nodes.Name)):
                problem("008", "the columns of `this`", "depend on what is built already", node)
        elif part == "dispatch":
            named = call.args[0] if isinstance(call, nodes.Call) and call.args else None
            if not isinstance(named, nodes.Const):
                problem("008", "adapter.dispatch()", "of a macro whose name is not a literal", node)
                return
            prefixes = {"default", self.adapter, "postgres" if self.adapter.startswith("postgres") else self.adapter}
            found = [m for p in prefixes for m in self._by_name.get(f"{p}__{named.value}", [])]
            self._follow(found, result, node, problem)

    def _follow(self, macros: list[Macro], result: Reading, node: nodes.Node, problem: Any) -> None:
        """Add what the macros read."""
        for macro in macros:
            if macro.package == OWN or (macro.name in HARMLESS and macro.package in ("dbt", "dbt_utils")):
                continue
            if macro.trust:
                result.trusted[macro.name] = macro.trust
                continue
            inner = self.read(macro.text, macro.package)
            if inner.incremental or inner.incremental_macro:
                result.incremental_macro = inner.incremental_macro or macro.name
            result.trusted |= inner.trusted
            if not is_dbt(macro.package):
                result.macros += [macro, *inner.macros]
            if inner.problem is not None:
                found, where = inner.problem, f"the macro {macro.name}"
                where = f"{where} ({macro.path}:{found.line})" if found.where == "Jinja" else found.where
                problem(found.code, found.shown, found.what, node, where)


def is_dbt(package: str) -> bool:
    """A package that comes with dbt or with one of its adapters."""
    return package == "dbt" or package.removeprefix("dbt_") in ADAPTERS


ADAPTERS = ("duckdb", "postgres", "postgrespy")
_ENVIRONMENT = jinja2.Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])


def parse(text: str) -> nodes.Template:
    """The syntax tree of a template; raises jinja2.TemplateSyntaxError."""
    return _ENVIRONMENT.parse(text)


def _parameters(tree: nodes.Template) -> dict[int, set[str]]:
    """Nodes inside of macros → the parameters that are in reach there."""
    found: dict[int, set[str]] = {}
    macros: list[nodes.Macro | nodes.CallBlock] = [*tree.find_all(nodes.Macro), *tree.find_all(nodes.CallBlock)]
    for macro in macros:
        names = {argument.name for argument in macro.args}
        for statement in macro.body:
            for node in _all(statement):
                found.setdefault(id(node), set()).update(names)
    return found


def _all(node: nodes.Node) -> Iterator[nodes.Node]:
    """All nodes below a node, and itself."""
    yield node
    for child in node.iter_child_nodes():
        yield from _all(child)
