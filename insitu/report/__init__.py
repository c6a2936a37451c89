"""One self-contained HTML file about every use case: models, their quality, decisions, and performance since.

`ask` puts questions to the warehouse's tables and keeps the SQL beside the answer; each module of `charts` draws one
picture of such rows as an inline SVG; each module of `sections` lays out one theme; `page` composes
them. The report only shows numbers that tables hold; it computes none of its own.
"""
