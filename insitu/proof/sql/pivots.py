"""DuckDB's PIVOT as the query that it stands for: a filtered aggregate for each value that it names.

Only where the text says all of it: values in an IN-list, GROUP BY, and a name for each aggregate if there are several.
Any other PIVOT stays as it is, and is refused as a clause without a rule: its columns depend on what rows there are.
"""

from __future__ import annotations

from sqlglot import exp


def written_out(query: exp.Expr) -> exp.Expr:
    """The query with its pivots written out, those within others first."""
    for node in reversed(list(query.find_all(exp.Pivot))):
        table = node.parent
        if isinstance(table, exp.Table) and table.args.get("pivots") == [node]:
            source = table.copy()
            source.set("pivots", None)
            source.set("joins", None)
            select = _select(source, node.args.get("fields"), node.expressions, node.args.get("group"))
            if select is not None and not node.args.get("unpivot"):
                alias = node.args.get("alias") or exp.TableAlias(this=exp.to_identifier("pivot", quoted=True))
                table.replace(exp.Subquery(this=select, alias=alias))
        elif node.this is not None:
            select = _select(node.this, node.expressions, node.args.get("using"), node.args.get("group"))
            if select is not None and not node.args.get("unpivot"):
                select.set("with_", node.args.get("with_"))
                if node is query:
                    return select
                node.replace(select)
    return query


def _select(
    source: exp.Expr, fields: list[exp.Expr] | None, aggregates: list[exp.Expr] | None, group: exp.Group | None
) -> exp.Select | None:
    """The query, or None where the text does not say all of it."""
    field = fields[0] if fields and len(fields) == 1 else None
    keys = group.expressions if group is not None else []
    if not isinstance(field, exp.In) or not isinstance(field.this, exp.Column) or field.args.get("query"):
        return None
    if not aggregates or not keys or not all(isinstance(key, exp.Column) for key in keys):
        return None
    columns: list[exp.Expr] = [key.copy() for key in keys]
    for value in field.expressions:
        literal = value.this if isinstance(value, exp.PivotAlias | exp.Alias) else value
        if not isinstance(literal, exp.Literal) or not literal.is_string:
            return None
        named = literal.name if literal is value else value.args["alias"].name
        for aggregate in aggregates:
            call = aggregate.unalias()
            if not isinstance(call, exp.AggFunc) or (len(aggregates) > 1 and not aggregate.alias):
                return None
            chosen = exp.Where(this=exp.EQ(this=field.this.copy(), expression=literal.copy()))
            name = f"{named}_{aggregate.alias}" if aggregate.alias else named
            filtered = exp.Filter(this=call.copy(), expression=chosen)
            columns.append(exp.alias_(filtered, exp.to_identifier(name, quoted=True)))
    grouped = exp.Group(expressions=[key.copy() for key in keys])
    return exp.Select(expressions=columns, from_=exp.From(this=source.copy()), group=grouped)
