"""Apache Superset over what the last build published, with the dashboards of `bi/superset` in place.

    python bi/start.py [--target postgres] [--port 8088] [--test]

It keeps what Superset has of its own (users, changed dashboards) in `warehouse/bi/home`.
"""

from __future__ import annotations

import argparse
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import quote

from insitu.errors import ConfigurationError
from insitu.warehouse import Project

ROOT = Path(__file__).parents[1]
BI, BIN = ROOT / "bi", ROOT / ".venv/bi/bin"
COPY, HOME = ROOT / "warehouse/bi", ROOT / "warehouse/bi/home"


def main() -> int:
    """Publish, import, start; with `--test`, test and stop."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", default="duckdb", help="of the profile; default duckdb")
    parser.add_argument("--port", type=int, default=8088)
    parser.add_argument(
        "--test", action="store_true", help="open each dashboard in a browser, compare it with SQL, stop"
    )
    asked = parser.parse_args()
    port = _free_port() if asked.test else asked.port
    HOME.mkdir(parents=True, exist_ok=True)
    project = Project(ROOT / "dbt_project", ROOT, asked.target)
    environment = {
        **os.environ,
        "INSITU_BI_HOME": str(HOME),
        "INSITU_BI_URI": _published(project),
        "INSITU_BI_PASSWORD": os.environ.get("INSITU_BI_PASSWORD") or _kept("password", 12),
        "INSITU_BI_ADDRESS": f"http://127.0.0.1:{port}",
        "SUPERSET_CONFIG_PATH": str(BI / "superset_config.py"),
        "FLASK_APP": "superset.app:create_app()",
    }
    _kept("secret", 42)
    if not (HOME / "ready").exists():
        _run("Superset's own tables (a minute)", environment, "superset", "db", "upgrade")
        _run("its rights", environment, "superset", "init")
        (HOME / "ready").touch()
    _run("the dashboards", environment, "superset", "import-directory", "--overwrite", str(BI / "superset"))
    _run("the warehouse", environment, "python", str(BI / "prepare.py"))
    with (HOME / "superset.log").open("w") as log:
        command = [BIN / "superset", "run", "--port", str(port), "--with-threads"]
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _wait(server, environment["INSITU_BI_ADDRESS"])
            if asked.test:
                tests = [BIN / "pytest", "-q", "-c", os.devnull, "--rootdir", BI, BI]
                return subprocess.run(tests, env=environment, check=False).returncode
            print(f"\n{environment['INSITU_BI_ADDRESS']}/superset/dashboard/insitu-production/")
            print(f"user admin, password in {HOME / 'password'}; Ctrl-C ends it", flush=True)
            return server.wait()
        except KeyboardInterrupt:
            return 0
        finally:
            server.terminate()
            server.wait()


def _published(project: Project) -> str:
    """The address of what BI reads: a copy of a DuckDB file, which others may write meanwhile; PostgreSQL itself."""
    credentials = project.credentials
    if project.dialect == "duckdb":
        publish = [Path(sys.executable).parent / "insitu", "score", "publish", "--to", COPY]
        options = [
            "--project-dir",
            project.directory,
            "--profiles-dir",
            project.profiles_dir,
            "--target",
            project.target,
        ]
        subprocess.run([*publish, *options], check=True, cwd=ROOT)
        return f"duckdb:///{COPY / Path(credentials.path).name}?access_mode=READ_ONLY"
    user, password = quote(credentials.user, ""), quote(credentials.password, "")
    return f"postgresql+psycopg2://{user}:{password}@{credentials.host}:{credentials.port}/{credentials.database}"


def _kept(name: str, length: int) -> str:
    """A random word, made once, that only this user can read."""
    path = HOME / name
    if not path.exists():
        path.touch(0o600)
        path.write_text(secrets.token_urlsafe(length))
    return path.read_text()


def _run(what: str, environment: dict[str, str], program: str, *arguments: str) -> None:
    print(f"{what} …", file=sys.stderr, flush=True)
    done = subprocess.run([BIN / program, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ConfigurationError(f"Superset could not prepare {what}:\n{done.stderr[-3000:]}")
    print("".join(line for line in done.stdout.splitlines(keepends=True) if line.startswith("`")), end="")


def _wait(server: subprocess.Popen[bytes], address: str) -> None:
    until = time.monotonic() + 180
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/health", timeout=5)
            return
        except OSError:
            time.sleep(0.5)
    raise ConfigurationError(f"Superset did not start; {HOME / 'superset.log'} says why.")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ConfigurationError as error:
        sys.exit(f"{error}")
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
