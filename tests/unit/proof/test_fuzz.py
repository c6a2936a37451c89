"""The fuzzer finds no query that is called proved and leaks, and it could: it finds leaks among the refused."""

from __future__ import annotations

import random

import pytest

from insitu.proof.fuzz import fuzzer

# Queries that an earlier checker passed although they leak; kept as a corpus, each must be refused.
CORPUS = [
    "select s.id, s.as_of, m.x from spine s left join (select k, max(ts) as x from events group by k) m "
    "on m.k = s.k and m.x < s.as_of",
    "select s.id, s.as_of from spine s where s.as_of not in "
    "(select case when e.ts < s.as_of then e.other end from events e where e.k = s.k)",
    "select s.id, s.as_of, (select sum(case when e.ts < s.as_of then 1 else 0 end) from events e where e.k = s.k) as x "
    "from spine s",
    "select id, as_of, n from (select s.id, s.as_of, count(e.event_id) over (partition by s.k order by e.ts) as n "
    "from spine s left join events e on e.k = s.k and e.ts < s.as_of) x",
    "select s.id, s.as_of, coalesce(x.one, 0) as x from spine s left join (select distinct k, 1 as one from events) x "
    "on x.k = s.k",
    "select s.id, s.as_of, l.v from spine s left join lateral (select e.v, e.ts from events e where e.k = s.k "
    "order by 2 desc, e.event_id limit 1) l on l.ts < s.as_of",
    "select s.id, s.as_of, min(case when e.ts < s.as_of then 1 else 0 end) as x from spine s "
    "left join events e on e.k = s.k group by s.id, s.as_of",
    "select distinct s.id, s.as_of from spine s left join events e on e.k = s.k "
    "where not coalesce(e.ts < s.as_of, false)",
    "select s.id, s.as_of, sum(case when e.ts < s.as_of then 1 else 0 end) filter (where e.v > 1) as x from spine s "
    "left join events e on e.k = s.k group by s.id, s.as_of",
    "select s.id, s.as_of, count(*) over (partition by s.k) as x from spine s",
]


@pytest.mark.parametrize("sql", CORPUS)
def test_the_corpus_is_refused(sql: str) -> None:
    assert not fuzzer.verdict(sql)


def test_the_corpus_leaks() -> None:
    world = fuzzer.World(seed=3)
    assert [sql for sql in CORPUS if not world.leak(sql, random.Random(0), tries=24, instants=8)] == []


def test_a_short_run() -> None:
    report = fuzzer.run(200, seed=11, tries=3)
    assert report.leaks == [], str(report)
    assert report.verdicts["proved"] > 35 and report.shown > 15  # it is neither refusing all nor blind
