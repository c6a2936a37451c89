"""PostgreSQL as an equal warehouse: the dbt adapter plugin `postgrespy` and a throw-away server for tests and play."""
