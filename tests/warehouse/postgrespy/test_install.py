"""The adapter comes with the wheel, not only with an editable install."""

import subprocess
import sys
import sysconfig
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]


def test_a_wheel_brings_the_adapter_and_its_macros(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    source = tmp_path / "source"
    source.mkdir()
    for name in ("insitu", "pyproject.toml", "setup.py", "README.md"):
        (source / name).symlink_to(REPOSITORY / name)
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path), str(source)], check=True
    )
    [wheel] = tmp_path.glob("*.whl")
    target = tmp_path / "site-packages"
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "--target", str(target), str(wheel)], check=True)
    # The installed packages without the repository: -S leaves out the .pth files, and with them the editable install.
    program = (
        f"import sys; sys.path += [{str(target)!r}, {sysconfig.get_path('purelib')!r}]\n"
        "from dbt.adapters.postgrespy import Plugin\nimport pathlib, insitu.local_postgres\n"
        "print(sys.modules['dbt.adapters.postgrespy'].__file__)\n"
        "print(*sorted(p.name for p in pathlib.Path(Plugin.include_path).rglob('*.*')))\n"
    )
    run = subprocess.run(
        [sys.executable, "-S", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    module, files = run.stdout.splitlines()
    assert module.startswith(str(target))
    assert "dbt_project.yml" in files and "materializations.sql" in files and "identifiers.sql" in files
