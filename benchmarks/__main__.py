"""Run the benchmarks one after the other: `python -m benchmarks` (minutes), or name some."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SCRIPTS = {path.stem: path for path in sorted(HERE.glob("*.py")) if not path.stem.startswith("_")}


def main(names: list[str]) -> int:
    """Print each benchmark's table; exit code 2 for an unknown name."""
    unknown = [name for name in names if name not in SCRIPTS]
    if unknown:
        print(f"There is no benchmark `{unknown[0]}` (there are: {', '.join(SCRIPTS)}).", file=sys.stderr)
        return 2
    for name in names or SCRIPTS:
        print(f"\n== {name}", flush=True)
        subprocess.run([sys.executable, str(SCRIPTS[name])], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
