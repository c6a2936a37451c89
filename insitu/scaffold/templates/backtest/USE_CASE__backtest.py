from insitu import nodes


def model(dbt, session):
    dbt.config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="append_new_columns",
        full_refresh=False,
        persist_docs={"relation": True, "columns": True},
        tags=["insitu", "evaluation", "USE_CASE", "python"],
    )
    return nodes.backtest(
        dbt,
        session,
        dbt.config.get("meta"),
        training_set=dbt.ref("USE_CASE__training_set"),
        snapshots=dbt.ref("USE_CASE__snapshots"),
    )
