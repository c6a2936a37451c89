"""A PostgreSQL server of one's own: a temporary cluster for tests, a small persistent one to play with.

`python -m insitu.local_postgres` runs the latter. The server binaries are looked for on the machine, then in an
installed server package; where there are none, the tests take the server that INSITU_TEST_POSTGRES_DSN names.
"""

from insitu.local_postgres.database import Database, ServerUnavailable
from insitu.local_postgres.temporary import DSN_VARIABLE, temporary_server

__all__ = ["DSN_VARIABLE", "Database", "ServerUnavailable", "temporary_server"]
