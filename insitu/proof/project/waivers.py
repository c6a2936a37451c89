"""Waivers: findings that are accepted for now, as long as the time-travel test of the model passes."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

from insitu.proof.project.nodes import Node
from insitu.proof.project.verdicts import Finding, ModelResult, status_of

EVIDENCE = "insitu_time_travel.json"


def checksum(node: Node) -> str:
    """Identifies the SQL that a time-travel test ran."""
    return hashlib.sha256((node.sql or "").encode()).hexdigest()


def evidence(target: Path) -> dict[str, Any]:
    """Results of the last time-travel tests, by model."""
    path = target / EVIDENCE
    contents: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
    return contents


def apply(result: ModelResult, node: Node, declared: Any, passed: dict[str, Any], today: date) -> list[str]:
    """Mark what is waived; returns a line for each waiver that does not count, and why."""
    problems = []
    test = passed.get(node.name, {})
    for waiver in declared.waivers:
        where = f"{node.path or node.name}: waiver of {waiver.code} for column {waiver.column}"
        affected = [
            c for c in result.columns if c.column == waiver.column and any(f.code == waiver.code for f in c.findings)
        ]
        if not affected:
            problems.append(f"{where}: there is no such finding; remove it")
        elif waiver.expires < today:
            problems.append(f"{where} expired on {waiver.expires}")
        elif test.get("checksum") != checksum(node) or not test.get("passed"):
            problems.append(
                f"{where}: no passing time-travel test of this SQL; run `insitu time-travel --select {node.name}`"
            )
        else:
            for column in affected:
                kept: list[Finding] = [f for f in column.findings if f.code != waiver.code]
                column.waived = [*column.waived, waiver.reason]
                column.findings = kept
                column.status = "waived" if not kept else status_of(kept)
    return problems
