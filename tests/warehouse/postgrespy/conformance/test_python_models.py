"""dbt-tests-adapter: the Python model suite. Models are rewritten only where they call Spark's API."""

import pytest
from dbt.tests.adapter.python_model import test_python_model as suite


class TestPythonModel(suite.BasePythonModelTests):
    pass


class TestPythonIncremental(suite.BasePythonIncrementalTests):
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        # `df.filter(df.id > 5)` is a Spark column expression; relations here take SQL, as DuckDB's do.
        return {"m_1.sql": suite.m_1, "incremental.py": suite.incremental_python.replace("df.id > 5", '"id > 5"')}


class TestPythonMetaGet(suite.BasePythonMetaGetTests):
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        # `session.createDataFrame` is Spark's.
        def in_pandas(code: str) -> str:
            return code.replace("session.createDataFrame(data, [", "__import__('pandas').DataFrame(data, columns=[")

        return {
            "meta_test.py": in_pandas(suite.python_model_meta_get),
            "meta_from_schema.py": in_pandas(suite.python_model_meta_from_schema),
            "schema.yml": suite.schema_yml_with_meta,
        }


class TestPythonEmpty(suite.BasePythonEmptyTests):
    pass


class TestPythonSample(suite.BasePythonSampleTests):
    pass


# Excluded: BasePySparkTests (test_spark.py), which test the conversion of Spark data frames.
