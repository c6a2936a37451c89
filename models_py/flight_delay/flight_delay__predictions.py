from insitu import nodes


def model(dbt, session):
    dbt.config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="append_new_columns",
        full_refresh=False,
        persist_docs={"relation": True, "columns": True},
        tags=["insitu", "predictions", "flight_delay", "python"],
    )
    return nodes.predict(
        dbt,
        session,
        dbt.config.get("meta"),
        due=dbt.ref("flight_delay__due"),
        models=dbt.ref("flight_delay__models"),
        champion=dbt.ref("flight_delay__champion"),
        batches=dbt.ref("flight_delay__batches"),
    )
