"""PostgreSQL as an equal warehouse: the dbt adapter plugin `postgrespy`, and the script of its roles."""
