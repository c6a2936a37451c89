"""Superset for one person on this machine: its own data in a SQLite file, nothing cached, nothing sent."""

import os
from pathlib import Path

HOME = Path(os.environ["INSITU_BI_HOME"])

SECRET_KEY = (HOME / "secret").read_text()
SQLALCHEMY_DATABASE_URI = f"sqlite:///{HOME / 'superset.sqlite'}"
# One process serves; what it counts need not outlive it.
RATELIMIT_STORAGE_URI = "memory://"
# Tables change with every build: what was asked before is asked again.
CACHE_CONFIG = DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
FILTER_STATE_CACHE_CONFIG = EXPLORE_FORM_DATA_CACHE_CONFIG = {"CACHE_TYPE": "SimpleCache"}
# Numbers as SQL gives them.
ROW_LIMIT = 10000
