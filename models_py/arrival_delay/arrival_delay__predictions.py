from insitu import nodes


def model(dbt, session):
    dbt.config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="append_new_columns",
        full_refresh=False,
        persist_docs={"relation": True, "columns": True},
        tags=["insitu", "predictions", "arrival_delay", "python"],
    )
    return nodes.predict(
        dbt,
        session,
        dbt.config.get("meta"),
        due=dbt.ref("arrival_delay__due"),
        models=dbt.ref("arrival_delay__models"),
        champion=dbt.ref("arrival_delay__champion"),
        batches=dbt.ref("arrival_delay__batches"),
    )
