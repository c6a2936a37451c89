"""What a service serves of a use case now: the model in charge and the policy, as the warehouse says."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from insitu import metrics
from insitu.config import UseCase, parse
from insitu.errors import ConfigurationError
from insitu.moments import utc_now
from insitu.nodes.scores import missing_columns
from insitu.serving.applied import Applied
from insitu.serving.kept import Kept
from insitu.serving.source import Described, Row, Source, described

log = logging.getLogger("insitu.serving")

SILENCE = 60  # seconds without a word, after which a warehouse that hangs is away
CHALLENGER = "challenger"  # in the place of a version: the newest that is not in charge


@dataclass(frozen=True)
class Policy:
    """From which score on which action is asked for; no threshold where nothing says when to act."""

    threshold: float | None = None
    treat: str | None = None
    treat_not: str | None = None

    def action(self, score: float) -> str | None:
        """What a score asks for."""
        if self.threshold is None:
            return None
        return self.treat if score >= self.threshold else self.treat_not


@dataclass(frozen=True)
class Deployed:
    """A use case as it is served; never changed, but replaced as a whole, so no request sees a mixture.

    Attributes:
        applied: the model in charge; None where nobody is, and `refusal` says so.
        shadows: those that score the same rows beside it.
        ran_at: when a batch was scored last, by the ledger.
    """

    use_case: str
    published: Described
    config: UseCase
    applied: Applied | None
    policy: Policy
    shadows: tuple[Applied, ...] = ()
    ran_at: datetime | None = None

    @property
    def refusal(self) -> str:
        """What is said where nobody is in charge."""
        return f"No model is in charge of `{self.use_case}`: `{self.use_case}__promotions` says why."


class Deployments:
    """The use cases that are served, followed as the warehouse changes.

    Args:
        source: where to read.
        schema: of what was published.
        names: the use cases; all that are published if empty.
        now: the present of a use case, as the project counts it.
        stale_after: how long after its last batch a use case is out of date; None for never.
        shadows: versions that score beside who is in charge, or `CHALLENGER`, by use case.
        kept: takes up the last predictions, for when the warehouse is away.

    Raises:
        ConfigurationError: one is not published, or has no such version.
    """

    def __init__(
        self,
        source: Source,
        schema: str,
        names: Sequence[str],
        now: Callable[[str], datetime],
        stale_after: timedelta | None = None,
        shadows: Mapping[str, Sequence[str]] | None = None,
        kept: Kept | None = None,
    ) -> None:
        self.source, self.schema, self.now = source, schema, now
        self.stale_after, self.shadows, self.kept = stale_after, shadows or {}, kept
        there = described(source, schema)
        if missing := [name for name in [*names, *self.shadows] if name not in there]:
            raise ConfigurationError(
                f"`{missing[0]}` is not published for a service (published are: {', '.join(there) or 'none'}). "
                "Run `insitu score publish --serve`."
            )
        self.names = list(names) or list(there)
        self.current: dict[str, Deployed] = {}
        self.refused: dict[str, str] = {}  # why what there is now is not taken up, said once
        self.kept_of: dict[str, datetime | None] = {}  # the last batch that is kept
        self.stopped = threading.Event()
        self.silent = ""  # why the warehouse does not answer
        self.unread = ""  # why what is published now is not taken up
        self.heard = time.monotonic()
        self.follow()

    def __getitem__(self, use_case: str) -> Deployed:
        return self.current[use_case]

    def __contains__(self, use_case: str) -> bool:
        return use_case in self.current

    # How the warehouse is

    @property
    def away(self) -> str:
        """Why the warehouse does not answer; empty while it does."""
        if not self.silent and time.monotonic() - self.heard > SILENCE:
            return f"{self.source.place} has not answered for {SILENCE} s"
        return self.silent

    def stale(self, use_case: str) -> str:
        """Why features of now would be out of date; empty while they are not."""
        if self.stale_after is None:
            return ""
        ran_at = self.current[use_case].ran_at
        if ran_at is not None and utc_now() - ran_at <= self.stale_after:
            return ""
        return f"the last batch of `{use_case}` is {f'of {ran_at:%Y-%m-%d %H:%M:%S}' if ran_at else 'still to come'}"

    @property
    def unready(self) -> str:
        """Why a load balancer should look elsewhere; empty while all is well."""
        missing = [name for name in self.names if self.current[name].applied is None]
        if missing:
            return f"no model is in charge of {', '.join(missing)}"
        return self.away or self.unread or next(filter(None, map(self.stale, self.names)), "")

    # Following it

    def follow(self) -> None:
        """Take up what has changed; what cannot be taken up leaves what is served as it is."""
        self._note("unread", self._tried(self.source.refresh))
        there: dict[str, Described] = {}
        self._note("silent", self._tried(lambda: there.update(described(self.source, self.schema))))
        if self.silent:
            return
        self.heard = time.monotonic()
        for name in self.names:
            if name not in there:
                continue
            said = self._tried(partial(self._take_up, there[name]))
            if said and self.refused.get(name) != said:
                log.error("%s: what is served stays as it is: %s", name, said)
            self.refused[name] = said

    def _tried(self, step: Callable[[], object]) -> str:
        """What an error says, once something is served."""
        try:
            step()
        except Exception as error:
            if len(self.current) < len(self.names):
                raise
            return str(error)
        return ""

    def _note(self, what: str, said: str) -> None:
        if said and said != getattr(self, what):
            log.warning("what is served stays as it is: %s", said)
        elif getattr(self, what) and not said:
            log.info("%s is back", self.source.place)
        setattr(self, what, said)

    def _take_up(self, published: Described) -> None:
        name = published.use_case
        found = self.current[name] = self._deployed(published, self.current.get(name))
        if self.kept is not None and (name not in self.kept_of or self.kept_of[name] != found.ran_at):
            latest = f"select * from {published.relations['predictions_latest']}"
            count = self.kept.take(name, found.config.entity, self.source.parts(latest))
            self.kept_of[name] = found.ran_at
            log.info("%s: %s predictions are kept for when the warehouse is away", name, count)

    def _deployed(self, published: Described, last: Deployed | None) -> Deployed:
        name = published.use_case
        config = last.config if last and last.published == published else parse(dict(published.meta), name)
        in_charge = self.source.rows(f"select model_version from {published.relations['champion']}")
        applied = None
        if in_charge:
            version = in_charge[0]["model_version"]
            before = [last.applied] if last and last.applied else []
            applied = self._applied(published, config, version, before)
            if version not in (each.version for each in before):
                log.info("%s: %s is in charge", name, version)
        before = list(last.shadows) if last else []
        shadows = [
            self._shadow(published, config, asked, applied.version if applied else None, before)
            for asked in self.shadows.get(name, [])
        ]
        ran_at = self.source.rows(
            f"select max(predicted_at) as ran_at from {published.relations['batches']} "
            "where scoring_set_id is distinct from 'requests'"
        )[0]["ran_at"]
        return Deployed(name, published, config, applied, self._policy(published), tuple(filter(None, shadows)), ran_at)

    def _applied(self, published: Described, config: UseCase, version: str, before: Sequence[Applied]) -> Applied:
        """A version as it is applied, loaded once."""
        for each in before:
            if each.version == version:
                return each
        found = self.source.rows(f"select * from {published.relations['models']} where model_version = ?", version)
        if not found:
            raise ConfigurationError(
                f"`{published.use_case}` has no model version `{version}`: `{published.use_case}__models` lists them."
            )
        applied = Applied.of(config, found[0])
        if published.function and (gone := missing_columns(found[0], published.given)):
            raise ConfigurationError(
                f"the model `{version}` wants {gone}, which the published features do not have. "
                "Run `insitu score publish --serve`."
            )
        return applied

    def _shadow(
        self, published: Described, config: UseCase, asked: str, in_charge: str | None, before: Sequence[Applied]
    ) -> Applied | None:
        """Who scores beside who is in charge; nobody where that is the same, or it cannot be loaded."""
        place = f"{published.use_case}={asked}"
        try:
            version = asked if asked != CHALLENGER else self._challenger(published, config, in_charge)
            if version is None or version == in_charge:
                return None
            found = self._applied(published, config, version, before)
        except Exception as error:  # it is no reason to refuse who is in charge
            if published.use_case not in self.current:
                raise
            if self.refused.get(place) != str(error):
                log.error("%s is not in shadow: %s", place, error)
            self.refused[place] = str(error)
            return None
        if found not in before:
            log.info("%s: %s is in shadow", published.use_case, version)
        return found

    def _challenger(self, published: Described, config: UseCase, in_charge: str | None) -> str | None:
        """The newest trained version that is not in charge; of several the best on validation."""
        relations = published.relations
        descending = "desc" if metrics.of(config.metric).higher_is_better else "asc"
        found: list[Row] = self.source.rows(
            f"select models.model_version from {relations['models']} as models "
            f"left join (select model_version, max(validation_value) as value from {relations['promotions']} "
            "group by model_version) as judged on models.model_version = judged.model_version "
            "where models.status = 'trained' and models.model_version <> ? "
            f"order by models.training_as_of desc, judged.value {descending} nulls last, models.model_version limit 1",
            in_charge or "",
        )
        return found[0]["model_version"] if found else None

    def _policy(self, published: Described) -> Policy:
        """The last that decides by now."""
        found = self.source.rows(
            f"select threshold, treat, treat_not from {published.relations['policies']} "
            "order by decided_from desc, written_at desc limit 1"
        )
        return Policy(**found[0]) if found else Policy()

    def watch(self, seconds: float) -> None:
        """Follow until `stopped`, in a thread of its own."""
        while not self.stopped.wait(seconds):
            self.follow()
