"""`python -m scoring run <use_case> --as-of …` is `insitu score run <use_case> --as-of …`."""

import sys

from insitu.cli import run_command
from insitu.commands.score import score

sys.exit(run_command(score))
