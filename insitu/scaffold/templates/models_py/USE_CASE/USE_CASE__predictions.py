from insitu import nodes


def model(dbt, session):
    return nodes.predict(
        dbt,
        session,
        dbt.config.get("meta"),
        scoring_set=dbt.ref("USE_CASE__scoring_set"),
        models=dbt.ref("USE_CASE__models"),
        champion=dbt.ref("USE_CASE__champion"),
    )
