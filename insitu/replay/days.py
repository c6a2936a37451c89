"""A replay, from the first day to the last: what is the same on all days once, then one day after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from insitu.config import UseCase, parse
from insitu.errors import ConfigurationError, InsituError
from insitu.proof.project import checking
from insitu.proof.project.columns import of_warehouse
from insitu.proof.project.declarations import DeclarationError
from insitu.quoting import qualified
from insitu.replay import once as computed_once
from insitu.replay.log import Log, Step
from insitu.replay.moments import DECLARED, TRIGGERED, Policy
from insitu.replay.once import Once
from insitu.replay.place import Place
from insitu.replay.quick import Quick, Unfit, compiled_days
from insitu.replay.report import Found, read
from insitu.scoring import compiled
from insitu.scoring.present import variables
from insitu.warehouse import Project, connect
from insitu.warehouse.dbt import InProcess

Tell = Callable[[str], None]
NOT_REPLAYED = ("backtest",)
BY_DBT, BY_SQL = "dbt", "sql"


@dataclass
class Replay:
    """A use case over some moments.

    Args:
        project: the dbt project; its own relations are read where they are sources, and never written.
        moments: in their order.
        schema: stands before the names of the project's schemas, and has the log.
        tell: told of what is done, in lines.
        quick: run days without training by their compiled SQL; else all by dbt.
    """

    project: Project
    use_case: str
    moments: Sequence[datetime]
    schema: str
    tell: Tell
    quick: bool = True
    dbt: InProcess = field(init=False)
    place: Place = field(init=False)
    log: Log = field(init=False)
    config: UseCase = field(init=False)

    def __post_init__(self) -> None:
        alone = {"insitu_use_cases": [self.use_case], "insitu_backtests": [], "insitu_load_sources": False}
        self.project = replace(self.project, variables={**self.project.variables, **alone})
        folder = self.project.target_path / "replay"
        self.dbt = InProcess(self.project, self._variables(self.moments[-1]), folder)
        nodes = compiled.built(self.dbt.manifest)
        if f"{self.use_case}__models" not in nodes:
            there = sorted(name.removesuffix("__models") for name in nodes if name.endswith("__models"))
            raise ConfigurationError(
                f"There is no use case `{self.use_case}` (there are: {', '.join(there) or 'none'}): no model "
                f"`{self.use_case}__models` with `meta.ml`."
            )
        self.named = {name: node.unique_id for name, node in nodes.items()}
        self.config = parse(nodes[f"{self.use_case}__models"].config.meta["ml"], self.use_case)
        self.every = self.config.training.retrain_every
        self.place = Place.beside(self.dbt.manifest, self.schema)
        self.log = Log(self.project, self.schema)

    def run(self, policies: Sequence[Policy], restart: bool = False) -> None:
        """Replay each policy in turn, from where it was broken off.

        Raises:
            ConfigurationError: the schemas are taken.
            InsituError: a model failed.
        """
        self._check_triggers(policies)
        shared, own = self._shared(), self._own()
        schemas = self.place.move(self.dbt.manifest)
        for policy in policies:
            schemas |= self.place.move(self.dbt.manifest, own, _prefix(policy))
        self.dbt.close()
        settings = {"use case": self.use_case, "first day": str(self.moments[0]), "code": self._code()}
        self.log.begin(settings, sorted(schemas), restart)
        self.place.move(self.dbt.manifest)
        once = self._compute_once(shared)
        own |= set(once.models) - set(once.ids)
        for policy in policies:
            self.place.move(self.dbt.manifest, own, _prefix(policy))
            self._write_manifest()
            _Life(self, policy, once, own).run()

    def _check_triggers(self, policies: Sequence[Policy]) -> None:
        known = sorted(name for name in self.named if name.startswith("alert_"))
        for policy in policies:
            if policy.name == TRIGGERED and (unknown := [name for name in policy.triggers if name not in known]):
                raise ConfigurationError(
                    f"--trigger is `{unknown[0]}`, which is no alert of this project; there are: {', '.join(known)}."
                )

    def found(self, policies: Sequence[Policy]) -> Found:
        """What the replays have left, for the report."""
        relations, own, nodes = {}, self._own(), self.dbt.manifest.nodes
        parts = {name: f"{self.use_case}__{name}" for name in ("promotions", "models")}
        parts |= {name: name for name in ("mon_performance", "mon_business")}
        for policy in policies:
            self.place.move(self.dbt.manifest, own, _prefix(policy))
            relations[policy.name] = {
                part: qualified(nodes[self.named[name]].schema, nodes[self.named[name]].alias)
                for part, name in parts.items()
            }
        return read(self.log, self.use_case, self.config.metric, relations)

    # What is computed once

    def _shared(self) -> list[str]:
        """The ids of all between the sources and the features and labels, and of seeds."""
        roots = [self.named[f"{self.use_case}__{name}"] for name in ("features", "labels")]
        manifest = self.dbt.manifest
        above = [id_ for id_ in compiled.upstream_first(manifest, roots) if id_ in manifest.nodes]
        return [*above, *(id_ for id_ in manifest.nodes if id_.startswith("seed.") and id_ not in above)]

    def _own(self) -> set[str]:
        """The ids of what a policy has of its own: the use case's models, those over all, and what these read."""
        manifest = self.dbt.manifest
        roots = [
            id_
            for id_, node in manifest.nodes.items()
            if id_.startswith("model.")
            and (node.package_name == "insitu" or node.name.startswith(f"{self.use_case}__"))
            and node.name not in {f"{self.use_case}__{name}" for name in NOT_REPLAYED}
        ]
        shared = set(self._shared())
        above = compiled.upstream_first(manifest, roots)
        return {id_ for id_ in above if id_.startswith("model.") and id_ not in shared}

    def _compute_once(self, shared: Sequence[str]) -> Once:
        """Build what may be built once, for the last day, and say why it may be."""
        last, manifest = self.moments[-1], self.dbt.manifest
        names = [f"+{self.use_case}__{name},resource_type:model" for name in ("features", "labels")]
        looked_at = {self.moments[0], self.moments[min(1, len(self.moments) - 1)], last}
        labels = self.named[f"{self.use_case}__labels"]
        is_built = self.log.setting("built for") == str(last)
        at: dict[datetime, Mapping[str, compiled.Model]] = {}
        for moment in sorted(looked_at):
            at[moment] = compiled.compiled(self.dbt.at(self._variables(moment)), *names, few_rows=False)
        once = computed_once.judged(at, (), labels, self.project.dialect)
        if not is_built:
            ids = [id_ for id_ in shared if id_ not in once.models or once.models[id_].materialized != "ephemeral"]
            own = [manifest.nodes[id_].name for id_ in ids if not id_.startswith("snapshot.")]
            self.tell(f"{len(own)} models are built for {last}, the last day")
            self._dbt("build", own, last, "--full-refresh", "--exclude-resource-type", "test", "unit_test")
        self._write_manifest()
        self.dbt.close()
        once = computed_once.judged(at, self._proved(once), labels, self.project.dialect)
        if not is_built:
            self._keep(once)
        for reason in (computed_once.SPINE, computed_once.PROVED, computed_once.BY_ROWS, computed_once.ANEW):
            those = [model.name for id_, model in once.models.items() if once.why[id_] == reason]
            if those:
                self.tell(f"{reason}: {', '.join(those)}")
        return once

    def _proved(self, once: Once) -> list[str]:
        """Names of the models whose SQL is proved point in time in every column."""
        names = [model.name for model in once.models.values() if model.kind == "features" and not model.is_python]
        try:
            with connect(self.project) as warehouse:
                outcome = checking.check(
                    self.project.target_path / "replay",
                    columns=lambda relations: of_warehouse(warehouse.query, relations),
                    select=names,
                    building=True,
                )
        except DeclarationError:
            raise
        except InsituError as error:
            self.tell(f"the point-in-time proof could not be made: {error}")
            return []
        return [
            result.name for result in outcome.results if all(column.status == "proved" for column in result.columns)
        ]

    def _keep(self, once: Once) -> None:
        """Tables of all days, and views of one day in their place, for what a day reads; spines are compared."""
        last = self.moments[-1]
        places = compiled.places(compiled.built(self.dbt.manifest).values(), self.project.credentials.database)
        with connect(self.project, read_only=False) as warehouse, warehouse.changing() as transaction:
            for id_, model in once.models.items():
                if once.why[id_] == computed_once.SPINE:
                    for moment in _some(self.moments):
                        sql = computed_once.spine_at(once, id_, last, moment, places, self.project.dialect)
                        told = computed_once.check_spine(transaction, sql, model.relation, model.as_of, moment)
                        if told:
                            raise InsituError(
                                f"`{model.name}` of {last}, up to {moment}, is not what it was then: {told}. "
                                "A replay takes a spine for one that only grows. Have its rows stay as they were."
                            )
            growing = dict(self.growing(once).values())
            computed_once.keep_all_days(transaction, growing, last, self.project.dialect)
            self.log.set(transaction, **{"built for": str(last)})

    def growing(self, once: Once) -> dict[str, tuple[str, str]]:
        """What has other rows on another day and is read by a day: relation and column of time, by id."""
        read = {self.named[f"{self.use_case}__{name}"] for name in ("spine", "features", "labels")}
        read |= {
            other
            for id_, node in self.dbt.manifest.nodes.items()
            if id_.startswith("model.") and id_ not in once.ids
            for other in node.depends_on.nodes
        }
        return {
            id_: (once.models[id_].relation, self._time(once.models[id_]))
            for id_ in once.ids
            if id_ in read and once.growing(id_) and once.models[id_].materialized != "ephemeral"
        }

    def _time(self, model: compiled.Model) -> str:
        return model.as_of if model.kind in compiled.ASKED else self.config.as_of

    # dbt

    def _dbt(self, command: str, names: Sequence[str], moment: datetime, *more: str, **others: Any) -> None:
        run = self.dbt.at({**self._variables(moment), **others})
        run.invoke("--quiet", "--no-write-json", command, *more, "--select", *names)
        run.close()

    def _variables(self, moment: datetime) -> dict[str, Any]:
        return variables(self.project, self.use_case, str(moment))

    def _write_manifest(self) -> None:
        """For the proof of what is trained, which reads it."""
        self.dbt.manifest.write(str(self.project.target_path / "replay" / "manifest.json"))

    def _code(self) -> str:
        """A hash of the project's files, as dbt read them."""
        manifest = self.dbt.manifest
        said = [f"{id_} {node.checksum.checksum}" for id_, node in manifest.nodes.items() if hasattr(node, "checksum")]
        said += [f"{id_} {macro.macro_sql}" for id_, macro in manifest.macros.items()]
        said += [str(manifest.nodes[self.named[f"{self.use_case}__models"]].config.meta)]
        return sha256("\n".join(sorted(said)).encode()).hexdigest()[:16]


@dataclass
class _Life:
    """A policy's days."""

    replay: Replay
    policy: Policy
    once: Once
    own: set[str]

    def run(self) -> None:
        """Those that are not done yet."""
        replay, log = self.replay, self.replay.log
        done = log.steps(self.policy.name)
        trained = done[-1].trained_for if done else None
        there = {step.as_of for step in done}
        pending = [moment for moment in replay.moments if moment not in there]
        if done and pending:
            replay.tell(f"{self.policy.name}: goes on after {done[-1].as_of}")
        alerts = log.alerts(self.policy.name, done[-1].as_of) if done else []
        quick: Quick | None = None
        began = time.monotonic()
        self.by_dbt_because: str | None = None if replay.quick else "asked for"
        for number, moment in enumerate(pending, 1):
            start = time.monotonic()
            asked = self.policy.moment(moment, trained, alerts)
            by = BY_DBT
            if asked != trained or number == 1 or self.by_dbt_because:
                self._by_dbt(moment, asked)
                quick = None
            else:
                quick = quick or self._quick(pending[number - 1 :], asked)
                by = self._by_sql(quick, moment, asked)
            trained = asked
            lasted = time.monotonic() - start
            log.end_step(
                Step(self.policy.name, moment, asked, by, lasted), self._relation("alerts"), self._relation("ml_runs")
            )
            alerts = log.alerts(self.policy.name, moment)
            left = (time.monotonic() - began) / number * (len(pending) - number)
            replay.tell(
                f"{self.policy.name} {moment}: {number} of {len(pending)}, {lasted:.1f} s by {by}, "
                f"{int(left) // 60}:{int(left) % 60:02d} left"
            )

    def _names(self) -> list[str]:
        return [self.replay.dbt.manifest.nodes[id_].name for id_ in sorted(self.own)]

    def _more(self, asked: datetime) -> dict[str, Any]:
        return {"insitu_training_as_of": {self.replay.use_case: str(asked)}}

    def _by_dbt(self, moment: datetime, asked: datetime) -> None:
        replay = self.replay
        with connect(replay.project, read_only=False) as warehouse, warehouse.changing() as transaction:
            for relation, as_of in replay.growing(self.once).values():
                computed_once.show_day(transaction, relation, as_of, moment)
        replay._dbt("run", self._names(), moment, **self._more(asked))

    def _by_sql(self, quick: Quick | None, moment: datetime, asked: datetime) -> str:
        if quick is not None:
            try:
                quick.step(moment)
                return BY_SQL
            except Unfit as error:
                self._unfit(error)
        self._by_dbt(moment, asked)
        return BY_DBT

    def _unfit(self, error: Unfit) -> None:
        self.by_dbt_because = str(error)
        self.replay.tell(f"every day is run by dbt: {error}")

    def _quick(self, moments: Sequence[datetime], asked: datetime) -> Quick | None:
        """What the days up to the next training have in common; None if dbt has to run them."""
        replay = self.replay
        same = [moment for moment in moments if self.policy.moment(moment, asked, ()) == asked]

        def days(moment: datetime) -> dict[str, Any]:
            run = replay.dbt.at({**replay._variables(moment), **self._more(asked)})
            found = compiled_days(run, self._names())
            run.close()
            return found

        try:
            first = days(same[0])
            quick = Quick(replay.project, replay.use_case, replay.config, first, same[0], replay.growing(self.once))
            if len(same) > 1:
                quick.check(days(same[-1]), same[-1])
        except Unfit as error:
            self._unfit(error)
            return None
        return quick

    def _relation(self, name: str) -> str | None:
        node = self.replay.dbt.manifest.nodes.get(self.replay.named.get(name, ""))
        return qualified(node.schema, node.alias) if node is not None else None


def _prefix(policy: Policy) -> str:
    """What stands in the names of a policy's schemas; nothing for the one that is declared."""
    return "" if policy.name == DECLARED else policy.name


def _some(moments: Sequence[datetime]) -> list[datetime]:
    """A dozen of them, evenly, the first and the last among them."""
    return sorted({moments[round(place * (len(moments) - 1) / 11)] for place in range(12)})
