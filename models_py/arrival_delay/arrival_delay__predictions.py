from insitu import nodes


def model(dbt, session):
    return nodes.predict(
        dbt,
        session,
        dbt.config.get("meta"),
        scoring_set=dbt.ref("arrival_delay__scoring_set"),
        models=dbt.ref("arrival_delay__models"),
        champion=dbt.ref("arrival_delay__champion"),
    )
