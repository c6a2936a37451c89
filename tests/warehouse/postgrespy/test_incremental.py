"""Incremental Python models: the strategies, schema changes, full refresh, keys with any name."""

import pytest

# What the target holds after a first batch {1: a, 2: a} and a second one {2: b, 3: b}.
STRATEGIES = {
    "append": [(1, "a"), (2, "a"), (2, "b"), (3, "b")],
    "delete+insert": [(1, "a"), (2, "b"), (3, "b")],
    "merge": [(1, "a"), (2, "b"), (3, "b")],
}


def model(strategy: str, key: str = "the Key", **config: str) -> str:
    """An incremental model whose second run returns other rows than its first."""
    options = "".join(f", {name}={value!r}" for name, value in config.items())
    return f"""
        import pandas as pd

        def model(dbt, session):
            dbt.config(materialized="incremental", incremental_strategy={strategy!r}, unique_key={key!r}{options})
            if dbt.is_incremental:
                present = session.sql(f"select count(*) from {{dbt.this}}").fetchone()[0]
                assert present == 2
                return pd.DataFrame({{{key!r}: [2, 3], "state": ["b", "b"]}})
            return pd.DataFrame({{{key!r}: [1, 2], "state": ["a", "a"]}})
    """


def test_strategies_and_full_refresh(project) -> None:
    names = {name: name.replace("+", "_") for name in STRATEGIES}
    project.write(**{f"{names[name]}_py": model(name) for name in STRATEGIES})
    project.build()
    project.build()
    for name, rows in STRATEGIES.items():
        assert project.query(f'select "the Key", state from main.{names[name]} order by 1, 2') == rows
    project.build("--full-refresh")
    for name in names.values():
        assert project.query(f'select "the Key", state from main.{name} order by 1') == [(1, "a"), (2, "a")]
    # The temporary tables went with their connections; the swapped-out table was dropped.
    assert project.relations() == set(names.values())


def test_a_key_that_comes_twice_is_not_merged(project) -> None:
    project.write(scores_py=model("merge"))
    project.build()
    project.write(scores_py=model("merge").replace("[2, 3]", "[4, 4]"))
    message = project.failure()
    assert 'cannot be merged: 1 values of its unique key ("the Key") come more than once' in message
    assert '"the Key" = 4' in message
    assert project.query('select "the Key" from main.scores order by 1') == [(1,), (2,)]


@pytest.mark.parametrize("setting", ["ignore", "append_new_columns", "sync_all_columns", "fail"])
def test_on_schema_change(project, setting: str) -> None:
    project.write(scores_py=model("append", "k", on_schema_change=setting))
    project.build()
    changed = model("append", "k", on_schema_change=setting).replace(
        '"state": ["b", "b"]', '"tags": [[0.5], None], "Note": ["n", None]'
    )
    project.write(scores_py=changed)
    if setting == "fail":
        assert "schema" in project.failure()
    elif setting == "ignore":
        # The target has a column that the new rows lack: dbt's own rule for SQL models too.
        assert "state" in project.failure()
    else:
        project.build()
    columns = project.query(
        "select column_name, data_type from information_schema.columns where table_name = 'scores' order by 1"
    )
    added = [("Note", "text"), ("tags", "ARRAY")] if setting in ("append_new_columns", "sync_all_columns") else []
    kept = [] if setting == "sync_all_columns" else [("state", "text")]
    assert columns == sorted([("k", "bigint"), *kept, *added])


def test_a_composite_key_and_predicates(project) -> None:
    code = """
        def model(dbt, session):
            dbt.config(
                materialized="incremental",
                incremental_strategy="{strategy}",
                unique_key=["a", "Batch Id"],
                incremental_predicates=["DBT_INTERNAL_DEST.a < 10"],
            )
            state = "new" if dbt.is_incremental else "old"
            return session.sql(f"select 1 as a, 'x' as \\"Batch Id\\", '{{state}}' as state")
    """
    project.write(
        merged_py=code.format(strategy="merge"),
        replaced_py=code.format(strategy="delete+insert"),
    )
    project.build()
    project.build()
    assert project.query("select * from main.merged") == [(1, "x", "new")]
    assert project.query("select * from main.replaced") == [(1, "x", "new")]
