"""Joins of every kind: which pairs of rows there are, and what an unmatched row tells."""
