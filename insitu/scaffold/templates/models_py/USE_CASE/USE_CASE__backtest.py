from insitu import nodes


def model(dbt, session):
    return nodes.backtest(
        dbt,
        session,
        dbt.config.get("meta"),
        training_set=dbt.ref("USE_CASE__training_set"),
        snapshots=dbt.ref("USE_CASE__snapshots"),
    )
