"""The macros of the dbt adapter plugin `postgrespy`."""
