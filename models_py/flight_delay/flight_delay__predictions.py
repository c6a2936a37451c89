from insitu import nodes


def model(dbt, session):
    return nodes.predict(
        dbt,
        session,
        dbt.config.get("meta"),
        scoring_set=dbt.ref("flight_delay__scoring_set"),
        models=dbt.ref("flight_delay__models"),
        champion=dbt.ref("flight_delay__champion"),
    )
