"""The transfer rules, one construct per file. `queries.RULES` and `values.RULES` are the dispatch."""
