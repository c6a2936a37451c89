"""What a service serves of a use case now: the model in charge and the policy, as the warehouse says."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from insitu.config import UseCase, parse
from insitu.errors import ConfigurationError
from insitu.nodes.scores import missing_columns
from insitu.serving.applied import Applied
from insitu.serving.source import Described, Source, described

log = logging.getLogger("insitu.serving")


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
    """

    use_case: str
    published: Described
    config: UseCase
    applied: Applied | None
    policy: Policy
    refusal: str = ""


class Deployments:
    """The use cases that are served, followed as the warehouse changes.

    Args:
        source: where to read.
        schema: of what was published.
        names: the use cases; all that are published if empty.
        now: the present of a use case, as the project counts it.

    Raises:
        ConfigurationError: one is not published.
    """

    def __init__(self, source: Source, schema: str, names: Sequence[str], now: Callable[[str], datetime]) -> None:
        self.source, self.schema, self.now = source, schema, now
        there = described(source, schema)
        if missing := [name for name in names if name not in there]:
            raise ConfigurationError(
                f"`{missing[0]}` is not published for a service (published are: {', '.join(there) or 'none'}). "
                "Run `insitu score publish --serve`."
            )
        self.names = list(names) or list(there)
        self.current: dict[str, Deployed] = {}
        self.refused: dict[str, str] = {}  # why what there is now is not taken up, said once
        self.stopped = threading.Event()
        self.is_reachable = True
        self.follow()

    def __getitem__(self, use_case: str) -> Deployed:
        return self.current[use_case]

    def __contains__(self, use_case: str) -> bool:
        return use_case in self.current

    def follow(self) -> None:
        """Take up what has changed; what cannot be taken up leaves what is served as it is."""
        try:
            self.source.refresh()
            there = described(self.source, self.schema)
            self.is_reachable = True
        except Exception as error:
            self.is_reachable = False
            if not self.current:
                raise
            log.warning("what is served stays as it is: %s", error)
            return
        for name in self.names:
            if name not in there:
                continue
            try:
                self.current[name] = self._deployed(there[name], self.current.get(name))
                self.refused.pop(name, None)
            except Exception as error:
                if name not in self.current:
                    raise
                if self.refused.get(name) != str(error):
                    log.error("%s: what is served stays as it is: %s", name, error)
                self.refused[name] = str(error)

    def _deployed(self, published: Described, last: Deployed | None) -> Deployed:
        config = (
            last.config if last and last.published == published else parse(dict(published.meta), published.use_case)
        )
        in_charge = self.source.rows(f"select model_version from {published.relations['champion']}")
        policy = self._policy(published)
        if not in_charge:
            return Deployed(
                published.use_case,
                published,
                config,
                None,
                policy,
                f"No model is in charge of `{published.use_case}`: `{published.use_case}__promotions` says why.",
            )
        version = in_charge[0]["model_version"]
        if last and last.applied and last.applied.version == version:
            return Deployed(published.use_case, published, config, last.applied, policy)
        row = self.source.rows(f"select * from {published.relations['models']} where model_version = ?", version)[0]
        applied = Applied.of(config, row)
        if published.function and (gone := missing_columns(row, published.given)):
            raise ConfigurationError(
                f"the model in charge, `{version}`, wants {gone}, which the published features do not have. "
                "Run `insitu score publish --serve`."
            )
        log.info("%s: %s is in charge", published.use_case, version)
        return Deployed(published.use_case, published, config, applied, policy)

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
