"""A compiled dbt project in, verdicts out."""
