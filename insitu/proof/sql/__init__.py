"""Reading SQL: one parsed query in one normal form, and what is known of its functions, names and literals."""
