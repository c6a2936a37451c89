"""What YAML says of a Python model takes effect: types, constraints, grants, comments, indexes, hooks, names."""

import pytest

SCORES = """
    import pyarrow as pa

    def model(dbt, session):
        return pa.table({"id": [1, 2], "Score": [0.25, None], "reason": ["a", None]})
"""


def test_yaml_takes_effect(project) -> None:
    project.query("create role reader")
    project.query("create table public.audit (what text)")
    project.write(
        scores_py=SCORES,
        schema_yml="""
        models:
          - name: scores
            description: Scores, with "quotes" and 'apostrophes'.
            config:
              materialized: table
              schema: predictions
              alias: Latest Scores
              unlogged: true
              persist_docs: {relation: true, columns: true}
              grants: {select: [reader]}
              indexes: [{columns: [id], unique: true}]
              pre_hook: insert into public.audit values ('before')
              post_hook: insert into public.audit select 'after ' || count(*) from {{ this }}
            constraints:
              - {type: check, expression: "\\"Score\\" <= 1", name: bounded}
            columns:
              - name: id
                data_type: integer
                description: the key
                constraints: [{type: primary_key}, {type: check, expression: id > 0}]
              - {name: Score, data_type: "numeric(5, 2)", description: it's a score}
              - {name: not_returned, description: documented only}
        """,
    )
    project.build()
    project.build()
    table = 'main_predictions."Latest Scores"'
    name = f"'{table}'::regclass"
    assert project.query(f'select id, "Score"::text, reason from {table}') == [(1, "0.25", "a"), (2, None, None)]
    assert project.query(
        f"select attname, format_type(atttypid, atttypmod), attnotnull, col_description({name}, attnum) "
        f"from pg_attribute where attrelid = {name} and attnum > 0 order by attnum"
    ) == [
        ("id", "integer", True, "the key"),
        ("Score", "numeric(5,2)", False, "it's a score"),
        ("reason", "text", False, None),
    ]
    assert project.query(f"select obj_description({name}), relpersistence from pg_class where oid = {name}") == [
        ("Scores, with \"quotes\" and 'apostrophes'.", "u")
    ]
    constraints = project.query(f"select contype, pg_get_constraintdef(oid) from pg_constraint where conrelid = {name}")
    assert sorted(constraints) == [
        ("c", 'CHECK (("Score" <= (1)::numeric))'),
        ("c", "CHECK ((id > 0))"),
        ("p", "PRIMARY KEY (id)"),
    ]
    # It has statistics at once, so that the joins to come are planned well.
    assert project.query(f"select reltuples from pg_class where oid = {name}") == [(2,)]
    assert project.query(f"select has_table_privilege('reader', {name}, 'select')") == [(True,)]
    assert len(project.query(f"select 1 from pg_index where indrelid = {name} and indisunique")) == 2
    audit = project.query("select what, count(*) from public.audit group by 1 order by 1")
    assert audit == [("after 2", 2), ("before", 2)]
    project.query("drop owned by reader; drop role reader")


@pytest.mark.parametrize(
    ("constraint", "complaint"),
    [
        ("{type: not_null}", 'null value in column "Score"'),
        ("{type: check, expression: '\"Score\" > 1'}", "check constraint"),
    ],
)
def test_a_constraint_is_enforced_and_the_old_table_stays(project, constraint: str, complaint: str) -> None:
    project.write(scores_py=SCORES)
    config = "models:\n  - name: scores\n    config: {materialized: table}\n"
    project.write(schema_yml=config)
    project.build()
    project.write(schema_yml=f"{config}    columns:\n      - name: Score\n        constraints: [{constraint}]\n")
    assert complaint in project.failure()
    assert project.query("select count(*) from main.scores") == [(2,)]


def test_constraints_on_a_column_that_is_not_returned(project) -> None:
    project.write(
        scores_py=SCORES,
        schema_yml="""
        models:
          - name: scores
            config: {materialized: table}
            columns:
              - {name: absent, constraints: [{type: not_null}]}
        """,
    )
    message = project.failure()
    assert "returned no column `absent`, on which YAML sets constraints (it has: id, Score, reason)" in message


def test_role_search_path_and_strange_names(project) -> None:
    user, password = 'o\'brien "dba"', "p w'd\\"
    escaped = user.replace('"', '""')
    literal = password.replace("'", "''")
    project.query(f'create role "builder role"; create role "{escaped}" login password \'{literal}\'')
    project.query(f'grant "builder role" to "{escaped}"')
    project.query(f'grant create on database {project.database.dbname} to "builder role"')
    project.query('create schema "look here"; create table "look here"."odd ""name""" (" x" int, "it\'s" text)')
    project.query('insert into "look here"."odd ""name""" values (1, \'y\')')
    project.query('grant usage on schema "look here" to "builder role"')
    project.query('grant select on all tables in schema "look here" to "builder role"')
    project.profile(user=user, password=password, role='"builder role"', search_path='"look here",public')
    project.write(
        scores_py='''
        def model(dbt, session):
            dbt.config(materialized="table", persist_docs={"relation": True, "columns": True})
            assert session.sql("select current_user").fetchall() == [("builder role",)]
            relation = dbt.source("odd", "named")
            assert relation.columns == [" x", "it's"]
            assert relation.fetchall() == session.sql('select * from "odd ""name"""').fetchall()
            return relation
        ''',
        schema_yml="""
        sources:
          - name: odd
            schema: look here
            tables: [{name: named, identifier: 'odd "name"'}]
        models:
          - name: scores
            columns: [{name: "it's", description: "it's"}]
        """,
    )
    project.build()
    assert project.query('select " x", "it\'s" from main.scores') == [(1, "y")]
    assert project.query("select tableowner from pg_tables where tablename = 'scores'") == [("builder role",)]
    project.query(f'drop owned by "builder role" cascade; drop role "{escaped}"')
    project.query('drop role "builder role"')


def test_many_models_in_parallel(project) -> None:
    project.profile(threads=6)
    code = """
        def model(dbt, session):
            return session.sql("select {n} as n, x from generate_series(1, 20000) as g(x)")
    """
    project.write(**{f"part_{n}_py": code.format(n=n) for n in range(8)})
    project.build()
    for n in range(8):
        assert project.query(f"select min(n), max(n), count(*) from main.part_{n}") == [(n, n, 20000)]
