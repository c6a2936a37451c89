"""Every fixture gets its verdict, in both dialects."""

from __future__ import annotations

import pytest

from insitu.proof import check_sql

from .cases import RELATIONS, Case, all_cases


@pytest.mark.parametrize(("case", "dialect"), [pytest.param(c, d, id=f"{c.id} ({d})") for c, d in all_cases()])
def test_verdict(case: Case, dialect: str) -> None:
    result = check_sql(case.sql, RELATIONS, declaration=case.declaration, models=case.models, dialect=dialect)
    found = {f.code for c in result.columns for f in c.findings}
    messages = [f"{f.code} {c.column} line {f.place.line}: {f.message}" for c in result.columns for f in c.findings]
    assert case.codes <= found and bool(case.codes) == bool(found), "\n".join(messages)


def test_there_are_many_of_both_kinds() -> None:
    cases = all_cases()
    assert sum(not c.codes for c, _ in cases) >= 60
    assert sum(bool(c.codes) for c, _ in cases) >= 60
