"""Whom to tell: addresses of Apprise, from the environment alone, and never said or written down."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from insitu.errors import ConfigurationError

PREFIX = "INSITU_NOTIFY_"
HOW = (
    f"An address is a variable {PREFIX}<NAME> that holds one URL of Apprise, such as json://host/path, "
    "mailto://user:password@host or slack://…; https://github.com/caronc/apprise lists them."
)


@dataclass(frozen=True)
class Address:
    """One address.

    Attributes:
        name: what comes after `INSITU_NOTIFY_`; it stands for the address wherever something is said of it.
        service: Apprise's object.
    """

    name: str
    service: Any

    def send(self, message_id: str, title: str, body: str, kind: str) -> bool:
        """Whether the address took it. The message has its id with it, so that a receiver can tell a second copy."""
        import apprise

        headers = getattr(self.service, "headers", None)
        if isinstance(headers, dict):  # mail, and what is plain HTTP
            headers["Idempotency-Key"] = message_id
        teller = apprise.Apprise()
        teller.add(self.service)
        try:
            return bool(teller.notify(title=title, body=f"{body}\n\nmessage {message_id}", notify_type=kind))
        except Exception:  # whatever a service raises may have its address in it
            return False


def addresses(environment: Mapping[str, str] = os.environ) -> list[Address]:
    """The addresses of the environment, by name.

    Raises:
        ConfigurationError: there is none, Apprise is not installed, or one is not understood.
    """
    given = {name: url.strip() for name, url in environment.items() if name.startswith(PREFIX) and url.strip()}
    if not given:
        raise ConfigurationError(f"There is nobody to notify. {HOW}")
    try:
        import apprise
    except ImportError as error:
        raise ConfigurationError('Notifying takes Apprise: `pip install "insitu[notify]"`.') from error
    # Its own messages name hosts, users and tokens.
    logger = logging.getLogger("apprise")
    logger.setLevel(logging.CRITICAL + 1)
    logger.propagate = False
    found = []
    for name, url in sorted(given.items()):
        service = apprise.Apprise.instantiate(url) if not re.search(r"\s", url) else None
        if service is None:
            raise ConfigurationError(f"The address in {name} is none that Apprise understands. {HOW}")
        found.append(Address(name.removeprefix(PREFIX).lower(), service))
    return found
