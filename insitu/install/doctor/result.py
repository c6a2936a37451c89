"""What one check says."""

from __future__ import annotations

from dataclasses import dataclass

OK, FINDING, SKIPPED = "ok", "finding", "skipped"


@dataclass(frozen=True)
class Result:
    """One line of `insitu doctor`.

    Attributes:
        check: name of the check.
        status: ok, finding, or skipped (it could not be looked at yet).
        message: what was found, and what was expected.
        next_step: what to do; empty when all is well.
    """

    check: str
    status: str
    message: str
    next_step: str = ""


def ok(check: str, message: str) -> Result:
    """All is well."""
    return Result(check, OK, message)


def finding(check: str, message: str, next_step: str) -> Result:
    """Something is wrong."""
    return Result(check, FINDING, message, next_step)


def skipped(check: str, message: str, next_step: str) -> Result:
    """It could not be looked at yet."""
    return Result(check, SKIPPED, message, next_step)
