"""The transfer rules: what each construct of SQL does to the facts and terms of its input.

One more rule: write a function `rule(a, node, row) -> Value` for an expression (or `(a, node, env) -> Relation` for a
query) in the module of its theme, or in a new one, and enter it for its node class in `dispatch`. What is only a
function of its arguments needs no more than a row in `insitu.proof.sql.functions`. A clause that the rule reads must be
allowed in `insitu.proof.sql.audit`. What the rule does not understand it refuses: `raise Refusal(what, node)`. Then add
pairs to `tests/unit/proof/fixtures`: nearly the same query, once proved and once a leak. Give the fuzzer a shape for it
in `insitu.proof.fuzz`, and run it.

A module imports only those below it: `analyser`; then `scalars`, `literals`, `names` and `subqueries`; the room `calls`
(calls taken apart); the room `truth` (predicates); the rules of aggregates, windows, joins and clauses; `select`; and
`dispatch` above all others.
"""
