"""PostgreSQL: the `Warehouse` over it, and what Python models read and write through, without dbt.

The dbt adapter (`insitu.postgrespy`) gives a Python model the `Session` that is here.
"""
