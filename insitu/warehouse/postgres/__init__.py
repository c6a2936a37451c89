"""PostgreSQL: the `Warehouse` interface over it, and the session through which Python models read and write.

Nothing here needs dbt; the dbt adapter (`insitu.postgrespy`) hands the session to a running Python model.
"""
