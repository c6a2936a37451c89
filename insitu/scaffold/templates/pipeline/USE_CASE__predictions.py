from insitu import nodes


def model(dbt, session):
    dbt.config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="append_new_columns",
        full_refresh=False,
        persist_docs={"relation": True, "columns": True},
        tags=["insitu", "predictions", "USE_CASE", "python"],
    )
    return nodes.predict(
        dbt,
        session,
        dbt.config.get("meta"),
        due=dbt.ref("USE_CASE__due"),
        models=dbt.ref("USE_CASE__models"),
        champion=dbt.ref("USE_CASE__champion"),
        batches=dbt.ref("USE_CASE__batches"),
    )
