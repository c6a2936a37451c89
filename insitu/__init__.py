"""Insitu: SQL-first, in-warehouse machine learning with dbt."""

__version__ = "0.1.0"
