"""The one error type that people see: what was found, what was expected, the next step."""


class InsituError(Exception):
    """A failed check or refused input; its message is complete and needs no traceback. Exit code 1."""

    exit_code = 1


class ConfigurationError(InsituError):
    """Usage or configuration is wrong. Exit code 2."""

    exit_code = 2
