from insitu import nodes


def model(dbt, session):
    dbt.config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key="model_version",
        on_schema_change="append_new_columns",
        full_refresh=False,
        persist_docs={"relation": True, "columns": True},
        tags=["insitu", "training", "arrival_delay", "python"],
    )
    return nodes.train(
        dbt,
        session,
        dbt.config.get("meta"),
        training_set=dbt.ref("arrival_delay__training_set"),
        snapshots=dbt.ref("arrival_delay__snapshots"),
    )
