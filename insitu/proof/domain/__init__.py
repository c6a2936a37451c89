"""The values that the analysis reasons with: times and their order, terms, rows of relations."""
