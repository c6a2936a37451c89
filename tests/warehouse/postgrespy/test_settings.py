"""`settings` of the profile hold on every connection: dbt's own, those that Python models read over, and Insitu's."""

import pytest

from insitu.warehouse import Project, connect

ASKED = "select current_setting('work_mem') as memory, current_setting('enable_nestloop') as loops"


def test_settings_hold_everywhere(project) -> None:
    project.profile(settings={"work_mem": "12MB", "enable_nestloop": False})
    project.write(
        asked_sql="{{ config(materialized='table') }} " + ASKED,
        read_py=f'''
        def model(dbt, session):
            dbt.config(materialized="table")
            return session.sql("{ASKED}")
        ''',
    )
    project.build()
    assert project.query("select * from main.asked") == [("12MB", "off")]
    assert project.query("select * from main.read") == [("12MB", "off")]
    with connect(Project(project.directory, project.directory)) as warehouse:
        assert warehouse.query(ASKED).to_pylist() == [{"memory": "12MB", "loops": "off"}]
        assert warehouse.sql(ASKED).fetchall() == [("12MB", "off")]


@pytest.mark.parametrize("autocommit", [False, True])
def test_a_model_may_compute_for_longer_than_a_session_may_idle(project, autocommit: bool) -> None:
    project.query(f"alter database {project.database.dbname} set idle_in_transaction_session_timeout = '1s'")
    project.profile(autocommit=autocommit)
    project.write(
        fitted_py="""
        import time

        def model(dbt, session):
            dbt.config(materialized="table")
            rows = session.sql("select 1 as a").to_arrow_table()
            time.sleep(3)
            again = session.sql("select 1 as a").to_arrow_table()
            assert rows == again
            time.sleep(3)
            return again
        """,
        after_sql="select a, current_setting('idle_in_transaction_session_timeout') as idle from {{ ref('fitted') }}",
    )
    project.build()
    assert project.query("select * from main.after") == [(1, "1s")]


def test_a_setting_that_is_refused_is_named(project) -> None:
    project.write(asked_sql=ASKED)
    project.profile(settings={"work_men": "12MB"}, retries=0)
    message = project.failure()
    assert "The profile's setting `work_men: 12MB` was refused" in message
    assert "Correct `settings` in profiles.yml" in message
