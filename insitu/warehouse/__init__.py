"""Reading and writing the warehouse outside dbt, with the settings of the dbt profile."""

from insitu.warehouse.connection import Warehouse, connect
from insitu.warehouse.project import Project

__all__ = ["Project", "Warehouse", "connect"]
