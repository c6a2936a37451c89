"""What every section needs to know of a use case: its configuration, its champion, and on which rows it was judged."""

from dataclasses import dataclass
from typing import Any

from insitu import metrics
from insitu.quoting import identifier
from insitu.report.ask import Answer, Questions, Row
from insitu.warehouse import Project, Warehouse


@dataclass(frozen=True)
class Context:
    """One use case as the sections see it.

    Attributes:
        use_case: its name.
        config: `meta.ml` of its `__models` node.
        questions: the way to its tables.
        champion: the row of `<use_case>__champion`; none before the first promotion.
        snapshot: the training snapshot on whose held-out rows the models are compared.
        split: the split whose numbers are shown: `test`, or `validation` where there is no test.
        candidates: registry rows of the models compared, champion first.
    """

    use_case: str
    config: dict[str, Any]
    questions: Questions
    champion: Answer
    snapshot: str
    split: str
    candidates: list[Row]

    def ask(self, sql: str, *parameters: str) -> Answer:
        """See `Questions.ask`."""
        return self.questions.ask(sql, parameters)

    @property
    def champion_version(self) -> str:
        """Model version of the champion; empty if there is none."""
        return str(self.champion.first.get("model_version", ""))

    @property
    def task(self) -> str:
        """binary, multiclass or regression."""
        return str(self.config.get("task", "binary"))

    @property
    def time(self) -> str:
        """The column of as-of times, quoted."""
        return identifier(str(self.config.get("as_of", "as_of")))

    @property
    def metric(self) -> str:
        """The metric by which the use case is judged."""
        return str(self.config.get("selection_metric") or metrics.usual(self.task))

    @property
    def versions(self) -> list[str]:
        """Versions of the models compared, champion first."""
        return [row["model_version"] for row in self.candidates]

    def short_name(self, model_version: str) -> str:
        """The candidate's name where it is unambiguous, else the version."""
        names = [row["candidate"] for row in self.candidates]
        for row in self.candidates:
            if row["model_version"] == model_version and names.count(row["candidate"]) == 1:
                return str(row["candidate"])
        return model_version


def context(project: Project, warehouse: Warehouse, use_case: str) -> Context:
    """Look the use case up in the warehouse."""
    questions = Questions(project, warehouse, use_case)
    champion = questions.ask("select * from {use__champion}")
    snapshot, split = _judged_on(questions, str(champion.first.get("model_version", "")))
    return Context(
        use_case=use_case,
        config=project.use_case_config(use_case),
        questions=questions,
        champion=champion,
        snapshot=snapshot,
        split=split,
        candidates=_candidates(questions, str(champion.first.get("model_version", "")), snapshot),
    )


def _judged_on(questions: Questions, champion: str) -> tuple[str, str]:
    """The newest snapshot on which the champion (or, without one, any model) was measured, and its last split."""
    measured = questions.ask(
        """
        select metrics.snapshot_id, max(models.training_as_of) as training_as_of,
            max(case when metrics.model_version = ? then 1 else 0 end) as has_champion
        from {use__metrics} as metrics
        left join {use__models} as models on metrics.snapshot_id = models.snapshot_id
        group by metrics.snapshot_id
        order by has_champion desc, training_as_of desc, metrics.snapshot_id
        """,
        [champion],
    )
    if not measured:
        return "", "test"
    snapshot = str(measured.first["snapshot_id"])
    splits = questions.ask("select distinct split from {use__metrics} where snapshot_id = ?", [snapshot])
    return snapshot, "test" if "test" in {row["split"] for row in splits} else "validation"


def _candidates(questions: Questions, champion: str, snapshot: str) -> list[Row]:
    """The champion, and the newest version of every candidate of the snapshot."""
    found = questions.ask(
        """
        select model_version, candidate, family, task, status, message, snapshot_id, training_as_of, trained_rows,
            fit_seconds, created_at
        from (
            select *, row_number() over (partition by snapshot_id, candidate order by created_at desc) as newest
            from {use__models}
        ) as models
        where (snapshot_id = ? and newest = 1) or model_version = ?
        order by case when model_version = ? then 0 else 1 end, training_as_of desc, candidate
        """,
        [snapshot, champion, champion],
    )
    return found.rows
