# `make run` and `make test` set everything up by themselves; `make help` lists the rest.
PYTHON ?= python3.11
TARGET ?= duckdb
AS_OF ?=
BIN := .venv/bin
export INSITU_TARGET = $(TARGET)
DBT_OPTIONS := --project-dir dbt_project --profiles-dir . $(if $(AS_OF),--vars '{insitu_as_of: "$(AS_OF)"}')

.PHONY: help install run serve bi bi-test postgres test test-dbt-1.11 live-test fault-test serve-test mutation-test mutation-table lint format bench docs clean

help:  ## List the targets
	@grep -E '^[a-z0-9.-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

install: .venv/installed dbt_project/dbt_packages/insitu  ## Create the environment in .venv from the hashed lock file

.venv/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

# The library's dbt package, linked where dbt looks for packages: all of it lies in this repository.
dbt_project/dbt_packages/insitu: | .venv/installed
	$(BIN)/dbt --quiet deps --project-dir dbt_project --profiles-dir .

run: install  ## Build the whole loop and say what came of it (TARGET=postgres, AS_OF="2013-11-03")
	$(BIN)/insitu build $(DBT_OPTIONS)

serve: install  ## Serve what make run has built over HTTP, at http://127.0.0.1:8000/docs (TARGET=postgres)
	$(BIN)/insitu score publish --serve $(if $(filter duckdb,$(TARGET)),--to warehouse/published) $(DBT_OPTIONS)
	$(BIN)/insitu score serve $(if $(filter duckdb,$(TARGET)),--from warehouse/published/insitu.duckdb) $(DBT_OPTIONS)

bi: .venv/bi  ## Start Apache Superset with dashboards over what make run has built (TARGET=postgres)
	$(BIN)/python bi/start.py --target $(TARGET)

bi-test: .venv/bi  ## Open each dashboard in headless Chromium and compare what it shows with SQL
	$(BIN)/python bi/start.py --target $(TARGET) --test

# Superset in an environment of its own: it wants older packages than the loop.
.venv/bi: requirements-bi.lock .venv/installed
	$(PYTHON) -m venv $@
	$@/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-bi.lock
	touch $@

postgres: install  ## Start a local PostgreSQL and print its settings
	$(BIN)/python -m insitu.local_postgres

test: install lint  ## Run all checks and tests; brings up its own PostgreSQL
	$(BIN)/pytest -n 2 --dist loadgroup

test-dbt-1.11: install .venv/dbt-1.11  ## Run a short suite on dbt 1.11, the oldest that is supported
	$(ON_DBT_1_11) $(BIN)/pytest -n 2 --dist loadgroup -m "not conformance" tests/warehouse/postgrespy tests/e2e/test_loop.py

# The packages of which dbt 1.11 needs another version, before those of .venv; all the rest is shared.
ON_DBT_1_11 := PYTHONPATH=$(CURDIR)/.venv/dbt-1.11
.venv/dbt-1.11: requirements-dbt-1.11.lock .venv/installed
	rm -rf $@
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --target $@ -r $<

fault-test: install  ## Kill and hinder scorers and builds by the hundred (hours), and write what came of it into docs/scoring.md
	$(BIN)/python -m tests.faults

serve-test: install  ## Kill, promote, fuzz and load a service by the thousand (hours), and write what came of it into docs/serving.md
	$(BIN)/python -m tests.service

mutation-test: install .venv/mutation  ## Plant faults, one by one, and say which no test noticed (AREA=promotion SAMPLE=20 SEED=1)
	$(MUTATION) test $(if $(AREA),--area "$(AREA)") $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(SEED),--seed $(SEED)) $(if $(TIMEOUT),--timeout $(TIMEOUT))

live-test: install  ## Weeks of a shop, roll-outs, replays, and two days hour by hour on a source that ends at now, on both warehouses (an hour; EVERY=6 is shorter)
	INSITU_LIVE_TEST=1 $(if $(EVERY),INSITU_LIVE_EVERY=$(EVERY)) $(BIN)/pytest -n 2 --dist loadscope tests/e2e/live tests/e2e/test_weekly_life.py tests/dbt/use_cases/test_replay.py tests/dbt/use_cases/test_rollouts.py

mutation-table: install  ## Write the kill rates of the last mutation-test of each area into CONTRIBUTING.md
	$(MUTATION) table

# What plants faults in Python, beside .venv: no test needs it.
MUTATION := PYTHONPATH=$(CURDIR)/.venv/mutation $(BIN)/python -m tools.mutation
.venv/mutation: requirements-mutation.lock .venv/installed
	rm -rf $@
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --target $@ -r $<

lint: install .venv/dbt-1.11  ## Check style and types, and that neither dbt warns
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/dbt --warn-error parse --no-partial-parse --target-path target/lint $(DBT_OPTIONS)
	$(ON_DBT_1_11) $(BIN)/pip check
	$(ON_DBT_1_11) $(BIN)/dbt --warn-error parse --no-partial-parse --target-path target/lint $(DBT_OPTIONS)
	$(BIN)/sqlfluff lint --processes 2 dbt_project/models examples/*/models

format: install  ## Put Python in order, and document the macros from their comments
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python tools/document_macros.py

bench: install  ## Print the benchmarks (minutes)
	$(BIN)/python -m benchmarks

docs: install  ## Build dbt's documentation site in dbt_project/target
	$(BIN)/dbt docs generate $(DBT_OPTIONS)

clean:  ## Remove the warehouse and what dbt generated; the environment stays
	rm -rf warehouse/insitu.duckdb* warehouse/*.html dbt_project/target dbt_project/logs logs
