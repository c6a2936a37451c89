from insitu import nodes


def model(dbt, session):
    dbt.config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="append_new_columns",
        full_refresh=False,
        persist_docs={"relation": True, "columns": True},
        tags=["insitu", "evaluation", "churn", "python"],
    )
    return nodes.predict_heldout(
        dbt,
        session,
        dbt.config.get("meta"),
        training_set=dbt.ref("churn__training_set"),
        snapshots=dbt.ref("churn__snapshots"),
        models=dbt.ref("churn__models"),
    )
