{#- One line of JSON in the compiled SQL: what `insitu explain`, `insitu features` and the column comments read. -#}
{% macro features_comment(plan) %}
    {{- '-- insitu.features ' ~ tojson(insitu.features_record(plan)) -}}
{% endmacro %}


{#- What is written into the compiled SQL: the arguments of the call, and of each column where it comes from. -#}
{% macro features_record(plan) %}
    {%- set columns = [] -%}
    {%- for column in plan.columns -%}
        {%- set measure = column.measure -%}
        {%- do columns.append({
            'name': column.name,
            'measure': measure.name,
            'agg': column.agg,
            'window': column.window.label if column.get('window') else none,
            'expr': measure.expr,
            'where': measure.get('where'),
            'default': column.default,
            'order_by': measure.get('order_by', []),
            'type': column.type,
            'strategy': column.strategy,
            'reason': column.reason,
            'description': column.get('description') or insitu.column_description(column, plan),
        }) -%}
    {%- endfor -%}
    {{ return({
        'macro': plan.macro,
        'model': model.name if model else none,
        'spine': plan.spine | string,
        'events': plan.events | string,
        'keys': plan.key_columns,
        'as_of': plan.as_of,
        'available_at': plan.available_at,
        'gap': insitu.duration_text(plan.gap) if plan.gap else none,
        'columns': columns,
    }) }}
{% endmacro %}


{#-
    The description of a generated column: "Average of `delay` where not cancelled, departures by origin, in the 6 hours
    before as_of; NULL if there is none."
-#}
{% macro column_description(column, plan) %}
    {%- set without_events = column.default if column.default is not none else 'NULL' -%}
    {{ return(insitu.column_meaning(column, plan) ~ '; ' ~ without_events ~ ' if there is none.') }}
{% endmacro %}


{#- The description of a generated column, without its default. -#}
{% macro column_meaning(column, plan) %}
    {%- if column.agg == 'trend' -%}
        {%- set short, long = column.parts -%}
        {{ return('Trend: ' ~ column.how ~ ' of `' ~ short.name ~ '` and `' ~ long.name ~ '`') }}
    {%- endif -%}
    {%- set measure, window = column.measure, column.window -%}
    {%- set text = insitu.feature_aggregates()[column.agg].text -%}
    {%- set text = text ~ (' of `' ~ measure.expr ~ '`' if measure.expr else '') -%}
    {%- set text = text ~ (' in ' ~ measure.unit ~ 's' if column.agg == 'time_since_last' else '') -%}
    {%- set text = text ~ (' (half-life ' ~ measure.half_life.text ~ ')' if column.agg == 'decayed_sum' else '') -%}
    {%- set text = text[0] | upper ~ text[1:] ~ (' where ' ~ measure.where if measure.where else '') -%}
    {%- set events = plan.events.identifier if plan.events is not string else plan.events -%}
    {%- set period = 'all history before' if window.seconds is none else 'in the ' ~ window.text ~ ' before' -%}
    {%- set gap = ' ' ~ insitu.duration_text(plan.gap) ~ ' before' if plan.gap else '' -%}
    {{ return(
        text ~ ', ' ~ events ~ ' by ' ~ plan.key_columns.keys() | join(', ') ~ ', ' ~ period ~ gap ~ ' as_of'
    ) }}
{% endmacro %}


{#-
    Adds the generated columns to the node's own documentation while it compiles, beside what its YAML says: so
    manifest.json, `dbt docs` and `persist_docs` list them. A node without any documented column gets its database
    comments from `default__persist_docs` below.
-#}
{% macro document_columns(plan) %}
    {%- if not execute or config.model is not defined or not config.model.columns
            or config.get('contract') and config.get('contract').enforced -%}
        {{ return('') }}
    {%- endif -%}
    {%- set pattern = config.model.columns.values() | first -%}
    {%- for column in plan.columns if column.name not in config.model.columns -%}
        {%- set description = column.get('description') or insitu.column_description(column, plan) -%}
        {%- do config.model.columns.update({column.name: pattern.replace(
            name=column.name, description=description, quote=true, data_type=none, constraints=[], tags=[], meta={}
        )}) -%}
    {%- endfor -%}
{% endmacro %}


{#- As dbt's own, with the generated columns that the YAML does not describe added from the compiled SQL. -#}
{% macro default__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- if for_relation and config.persist_relation_docs() and model.description -%}
        {%- do run_query(alter_relation_comment(relation, model.description)) -%}
    {%- endif -%}
    {%- if for_columns and config.persist_column_docs() -%}
        {%- set generated = insitu.generated_columns(model) -%}
        {%- if generated or model.columns -%}
            {%- set existing = adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
            {#- A model need not hand on every generated column; one that its YAML names and it lacks is worth a
                warning. -#}
            {%- set columns = {} -%}
            {%- for name, column in dict(generated, **model.columns).items()
                    if name in existing or name not in generated -%}
                {%- do columns.update({name: column}) -%}
            {%- endfor -%}
            {%- set comments = alter_column_comment(relation, validate_doc_columns(relation, columns, existing)) -%}
            {%- if comments and comments | trim -%}{%- do run_query(comments) -%}{%- endif -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{#- Column name -> {name, description} of the features in a compiled model. -#}
{% macro generated_columns(model) %}
    {%- set marker = '-- insitu.features ' -%}
    {%- set columns = {} -%}
    {%- for line in (model.compiled_code or '').splitlines() if line.strip().startswith(marker) -%}
        {%- for column in fromjson(line.strip()[marker | length:]).columns -%}
            {%- do columns.update({
                column.name: {'name': column.name, 'description': column.description, 'quote': true}
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(columns) }}
{% endmacro %}
