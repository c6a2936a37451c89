"""The packages. pyproject.toml has all the rest; it cannot both find packages and map some to another name."""

from setuptools import find_packages, setup

# dbt finds an adapter by its module's name, `dbt.adapters.<type>`. The sources live in insitu/postgrespy and are
# mapped: in a wheel by directory, in an editable install by setuptools' import finder. No `dbt` folder is needed here.
ADAPTER = {
    "dbt.adapters.postgrespy": "insitu/postgrespy/adapter",
    "dbt.include.postgrespy": "insitu/postgrespy/include",
}

setup(
    package_dir=ADAPTER,
    packages=[
        *find_packages(include=["insitu*"], exclude=[path.replace("/", ".") + "*" for path in ADAPTER.values()]),
        *ADAPTER,
    ],
)
