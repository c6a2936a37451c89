"""The verdicts as text, JSON and SARIF."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from insitu.proof.project.project import Project
from insitu.proof.project.verdicts import TITLES, ColumnVerdict, Finding, ModelResult
from insitu.proof.sql.lines import raw_line


@dataclass(frozen=True, slots=True)
class Line:
    """One finding, of one or several columns, at a line of a model file."""

    path: str
    line: int
    code: str
    columns: tuple[str, ...]
    message: str
    status: str
    witness: str
    warning: bool = False

    def __str__(self) -> str:
        several = "s" if len(self.columns) > 1 else ""
        code = f"{self.code} warning:" if self.warning else self.code
        shown = ", ".join(self.columns[:4]) + (f" and {len(self.columns) - 4} more" if len(self.columns) > 4 else "")
        return f"{self.path}:{self.line}: {code} column{several} {shown}: {self.message}"


def lines(project: Project, results: list[ModelResult]) -> list[Line]:
    """Findings once each, at the model in which they arise, in the order of files and lines."""
    grouped: dict[tuple[str, int, str, str, str], list[str]] = {}
    witnesses: dict[tuple[str, int, str, str, str], str] = {}
    errors: set[tuple[str, int, str, str, str]] = set()
    for result in results:
        for column in result.columns:
            for finding in column.findings:
                path, line = locate(project, result, finding)
                key = path, line, finding.code, finding.message, column.status
                columns = grouped.setdefault(key, [])
                if column.column not in columns:
                    columns.append(column.column)
                witnesses[key] = witnesses.get(key) or column.witness
                if not _is_warned(result, column):
                    errors.add(key)
    found = [
        Line(key[0], key[1], key[2], tuple(columns), key[3], key[4], witnesses[key], key not in errors)
        for key, columns in grouped.items()
    ]
    return sorted(found, key=lambda f: (f.path, f.line, f.code, f.columns))


def locate(project: Project, result: ModelResult, finding: Finding) -> tuple[str, int]:
    """Path and line of the raw model file."""
    node = project.nodes.get(finding.place.model or result.name, project.nodes[result.name])
    if finding.place.line < 0:
        return node.path or node.name, -finding.place.line  # a line of the raw file
    if not node.raw or node.sql is None:
        return node.path or node.name, max(finding.place.line, 1)
    return node.path or node.name, raw_line(node.raw, node.sql, finding.place.line)


def counts(results: list[ModelResult]) -> Counter[str]:
    """Verdicts of feature columns (those of spines, features and training sets)."""
    return Counter(c.status for r in results if r.kind in ("spine", "features", "training_set") for c in r.columns)


def text(project: Project, results: list[ModelResult], problems: list[str]) -> str:
    """For people: findings, waiver problems, what is trusted, and a summary."""
    out = []
    shown: set[str] = set()
    for line in lines(project, results):
        out.append(str(line))
        if line.witness and line.witness not in shown:
            shown.add(line.witness)
            # The views that compute the feature from these rows are in the JSON output.
            out += ["    " + row for row in line.witness.splitlines() if not row.startswith("create view")]
    out += problems
    trusted = [r for r in results if r.note.startswith("trusted")]
    macros = _trusted_macros(project)
    if trusted or macros:
        out.append("Trusted, not proved (the declaration says when rows are known):")
        out += [f"  {r.name}: {r.note.partition(': ')[2]}" for r in trusted]
        out += [f"  macro {name}: {why}" for name, why in sorted(macros.items())]
    n = counts(results)
    models = sum(r.kind in ("spine", "features", "training_set") for r in results)
    verdicts = ", ".join(
        f"{n[s]} {s}" for s in ("proved", "refuted", "unknown", "tied", "waived") if n[s] or s == "proved"
    )
    out.append(f"{sum(n.values())} columns of {models} models: {verdicts}.")
    bad = [r for r in results if r.kind not in ("spine", "features", "training_set") and not r.passes]
    if bad:
        out.append(f"{len(bad)} declarations do not hold: {', '.join(r.name for r in bad)}.")
    return "\n".join(out)


def _trusted_macros(project: Project) -> dict[str, str]:
    """Macros that models call, and that say themselves why they are right."""
    found: dict[str, str] = {}
    for node in project.nodes.values():
        if node.templates is not None and node.sql is not None:
            found |= node.templates.read(node.raw, node.package).trusted
    return found


def as_json(project: Project, results: list[ModelResult], problems: list[str]) -> str:
    """For programs: every model, column and finding."""

    def column(result: ModelResult, verdict: ColumnVerdict) -> dict[str, Any]:
        found = []
        for f in verdict.findings:
            path, line = locate(project, result, f)
            found.append(
                {"code": f.code, "title": TITLES.get(f.code, ""), "message": f.message, "path": path, "line": line}
            )
        return {
            "column": verdict.column,
            "verdict": verdict.status,
            "severity": None if not verdict.findings else "warning" if _is_warned(result, verdict) else "error",
            "findings": found,
            "waived": verdict.waived,
            "witness": verdict.witness or None,
        }

    models = [
        {"model": r.name, "kind": r.kind, "note": r.note or None, "columns": [column(r, c) for c in r.columns]}
        for r in results
    ]
    contents = {"models": models, "counts": dict(counts(results)), "problems": problems, "ok": ok(results, problems)}
    return json.dumps(contents, indent=2)


def _is_warned(result: ModelResult, verdict: ColumnVerdict) -> bool:
    return verdict.status == "tied" and result.only_warns


def ok(results: list[ModelResult], problems: list[str]) -> bool:
    return not problems and all(r.passes for r in results)


def sarif(project: Project, results: list[ModelResult], problems: list[str]) -> str:
    """SARIF 2.1.0, which code hosts show beside the lines of a change."""
    rules = [
        {
            "id": code,
            "name": title.title().replace(" ", "").replace(",", "").replace("-", ""),
            "shortDescription": {"text": title},
        }
        for code, title in TITLES.items()
    ]
    found: list[dict[str, Any]] = [
        {
            "ruleId": f.code,
            "level": "warning" if f.warning else "error",
            "message": {"text": f"column{'s' if len(f.columns) > 1 else ''} {', '.join(f.columns)}: {f.message}"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": f.path, "uriBaseId": "%SRCROOT%"},
                        "region": {"startLine": f.line},
                    }
                }
            ],
        }
        for f in lines(project, results)
    ]
    found += [{"ruleId": "010", "level": "error", "message": {"text": p}} for p in problems]
    driver = {"name": "insitu check", "rules": rules, "informationUri": "docs/point_in_time.md"}
    run = {"tool": {"driver": driver}, "results": found}
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=2)
