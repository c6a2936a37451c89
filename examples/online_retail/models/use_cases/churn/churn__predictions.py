from insitu import nodes


def model(dbt, session):
    dbt.config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="append_new_columns",
        full_refresh=False,
        persist_docs={"relation": True, "columns": True},
        tags=["insitu", "predictions", "churn", "python"],
    )
    return nodes.predict(
        dbt,
        session,
        dbt.config.get("meta"),
        due=dbt.ref("churn__due"),
        models=dbt.ref("churn__models"),
        champion=dbt.ref("churn__champion"),
        batches=dbt.ref("churn__batches"),
    )
