"""One self-contained HTML file about every use case: what was learned, how good it is, what it decided, how it fares.

`ask` puts questions to the warehouse's tables and keeps the SQL beside the answer; each module of `charts` draws one
picture of such rows as an inline SVG; each module of `sections` lays out one theme; `page` puts them on paper. Nothing
is computed here that a table holds.
"""
