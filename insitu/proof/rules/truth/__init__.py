"""Predicates: what holds where one is true, what its truth depends on, and when it is certain."""
