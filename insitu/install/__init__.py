"""The library in anybody's dbt project: its dbt package vendored, listed and found; and all of it taken out again."""
