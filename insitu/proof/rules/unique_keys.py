"""Which keys survive a select: columns selected as they are, and what row_number() makes unique."""

from __future__ import annotations

from sqlglot import exp

from insitu.proof.domain.context import Scope
from insitu.proof.domain.variants import Key, Relation
from insitu.proof.rules.analyser import Analyser
from insitu.proof.rules.projection import Projection
from insitu.proof.rules.truth.parts import conjuncts
from insitu.proof.sql import intervals
from insitu.proof.sql.identifiers import identifier


def _plain(a: Analyser, items: Projection, scope: Scope) -> dict[Key, str]:
    """Scope column → output column, for columns selected as they are."""
    result: dict[Key, str] = {}
    for name, expression in items:
        column = expression.unnest()
        if not isinstance(column, exp.Column):
            continue
        table, selected = identifier(column.args.get("table"), a.dialect), identifier(column.this, a.dialect)
        for source in scope.sources:
            if selected in source.names and table in ("", source.alias):
                result.setdefault((source.alias, selected), name)
    return result


def _moved(items: Projection) -> Projection:
    """Times that are selected a fixed duration later or earlier, as if they were selected as they are."""
    result = []
    for name, expression in items:
        moved = expression.unnest()
        if isinstance(moved, exp.Add | exp.Sub) and isinstance(moved.expression, exp.Interval):
            duration = intervals.parse(moved.expression)
            if duration is not None and duration.low == duration.high:
                result.append((name, moved.this))
    return result


def kept_keys(a: Analyser, scope: Scope, items: Projection) -> list[frozenset[str]]:
    """Keys of the FROM clause all of whose columns are selected, moved in time, or equal to a selected one."""
    output = _plain(a, _moved(items), scope) | _plain(a, items, scope)
    constants = {
        key
        for v in scope.variants[:1]
        if len(scope.variants) == 1
        for key, x in v.columns.items()
        if x.constant is not None
    }
    result = []
    for key in scope.unique:
        needed = [_equal_column(a, scope, c, output) for c in key if c not in constants]
        if all(c is not None for c in needed):
            result.append(frozenset(output[c] for c in needed if c is not None))
    return result[:8]


def _equal_column(a: Analyser, scope: Scope, column: Key, output: dict[Key, str]) -> Key | None:
    """A selected column that equals this one in every row."""
    if column in output:
        return column
    for other in output:
        equal = True
        for v in scope.variants:
            x, y = v.columns.get(column), v.columns.get(other)
            if x is None or y is None:
                equal = False
                break
            there, back = a.symbols.paths(v.zone, x.symbol), a.symbols.paths(v.zone, y.symbol)
            if there.get(y.symbol) != (0, 1) or back.get(x.symbol) != (0, 1):
                equal = False
                break
        if equal:
            return other
    return None


def ranks(a: Analyser, scope: Scope, items: Projection) -> dict[str, frozenset[str]]:
    """Output columns that number the rows of each partition."""
    output, ranks = _plain(a, items, scope), {}
    for name, expression in items:
        column = expression.unnest()
        if isinstance(column, exp.Column):
            for key, partition in scope.ranks.items():
                if output.get(key) == name and all(c in output for c in partition):
                    ranks[name] = frozenset(output[c] for c in partition)
            continue
        key_names = _partition(a, column, scope, output)
        if key_names is not None:
            ranks[name] = key_names
    return ranks


def numbered(a: Analyser, scope: Scope, items: Projection) -> list[frozenset[str]]:
    """A number within a partition is a key together with the partition's columns."""
    output = _plain(a, items, scope)
    parts = {name: _partition(a, expression.unnest(), scope, output) for name, expression in items}
    return [partition | {name} for name, partition in parts.items() if partition is not None]


def _partition(a: Analyser, node: exp.Expr, scope: Scope, output: dict[Key, str]) -> frozenset[str] | None:
    """The partition columns of row_number(), as output columns."""
    if not (isinstance(node, exp.Window) and isinstance(node.this, exp.RowNumber)) or node.args.get("alias"):
        return None
    names = set()
    for part in node.args.get("partition_by") or []:
        column = part.unnest()
        if not isinstance(column, exp.Column):
            return None
        name, table = _names(a, column)
        keys = [(s.alias, name) for s in scope.sources if name in s.names and table in ("", s.alias)]
        if len(keys) != 1 or keys[0] not in output:
            return None
        names.add(output[keys[0]])
    return frozenset(names)


def first_of(
    a: Analyser, predicate: exp.Expr, relation: Relation, scope: Scope, items: Projection
) -> list[frozenset[str]]:
    """QUALIFY row_number() … = 1 leaves one row per partition."""
    result = []
    by_name = dict(items)
    for part in conjuncts(predicate):
        if not isinstance(part, exp.EQ | exp.LTE):
            continue
        left, one = part.this.unnest(), part.expression.unnest()
        if not (isinstance(one, exp.Literal) and one.this == "1"):
            continue
        if isinstance(left, exp.Column) and (name := _names(a, left)[0]) in relation.ranks:
            if not (left.table or any(name in s.names for s in scope.sources)) or same(a, by_name[name], left):
                result.append(relation.ranks[name])  # else it is a column of the input that has this name, too
        elif isinstance(left, exp.Window) and isinstance(left.this, exp.RowNumber) and not left.args.get("alias"):
            parts = [p.unnest() for p in left.args.get("partition_by") or []]
            names = [next((n for n, e in by_name.items() if same(a, e, p)), None) for p in parts]
            if all(n is not None for n in names):
                result.append(frozenset(n for n in names if n is not None))
    return result


def is_first(a: Analyser, part: exp.Expr, alias: str, name: str) -> bool:
    """`row_number = 1` (or <= 1)."""
    part = part.unnest()
    if not isinstance(part, exp.EQ | exp.LTE) or not isinstance(part.this.unnest(), exp.Column):
        return False
    column, one = part.this.unnest(), part.expression.unnest()
    return _names(a, column) in ((name, ""), (name, alias)) and isinstance(one, exp.Literal) and one.this == "1"


def same(a: Analyser, x: exp.Expr, y: exp.Expr) -> bool:
    """The same expression as written, but for the table that one of two columns leaves out."""
    x, y = x.unnest(), y.unnest()
    if x == y:
        return True
    if not (isinstance(x, exp.Column) and isinstance(y, exp.Column)):
        return False
    (name, table), (other, its_table) = _names(a, x), _names(a, y)
    return name == other and (not table or not its_table or table == its_table)


def _names(a: Analyser, column: exp.Column) -> tuple[str, str]:
    """Column and table of a name, as the warehouse compares them."""
    return identifier(column.this, a.dialect), identifier(column.args.get("table"), a.dialect)
