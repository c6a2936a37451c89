"""Scaffolding of use cases: the short files that each one needs."""
