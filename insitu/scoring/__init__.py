"""Apply registered models outside `dbt build`."""
