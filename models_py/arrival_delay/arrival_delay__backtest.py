from insitu import nodes


def model(dbt, session):
    dbt.config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="append_new_columns",
        full_refresh=False,
        persist_docs={"relation": True, "columns": True},
        tags=["insitu", "evaluation", "arrival_delay", "python"],
    )
    return nodes.backtest(
        dbt,
        session,
        dbt.config.get("meta"),
        training_set=dbt.ref("arrival_delay__training_set"),
        snapshots=dbt.ref("arrival_delay__snapshots"),
    )
