"""One picture per module: rows in, inline SVG out, empty where there is nothing to draw."""
