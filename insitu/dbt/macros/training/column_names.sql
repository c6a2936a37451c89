{#- Names that the loop itself gives to columns: those that stand beside features, and those that stand beside the key of
    a prediction. -#}
{% macro reserved_columns(beside) %}
    {{- return({
        'features': [
            'batch_as_of', 'batch_id', 'defined_by', 'features_hash', 'hashed_columns', 'matured_at', 'model_version',
            'scoring_set_id', 'snapshot_id', 'split', 'training_as_of',
        ],
        'key': [
            'action', 'batch_as_of', 'batch_id', 'class', 'class_place', 'decided_from', 'defined_by', 'expected_profit',
            'features_hash', 'hashed_columns', 'is_explored', 'is_in_charge', 'is_treated', 'label', 'matured_at', 'model_version',
            'policy_version', 'position', 'predicted_at', 'predicted_class', 'profit_treat_all', 'profit_treat_none',
            'propensity', 'realised_profit', 'reason', 'recency', 'score', 'scoring_set_id', 'snapshot_id', 'split',
            'threshold', 'total', 'training_as_of', 'valid_until',
        ],
    }[beside]) }}
{% endmacro %}


{#- Stop when a column can not be called so; `object` is what has it, `role` what it is there, `more` are names that its own
    declaration reserves. -#}
{% macro check_column_name(object, role, column, beside, more=[]) %}
    {%- set reserved = insitu.reserved_columns(beside) + more -%}
    {#- dbt's own materializations put a name between quotes as it is. -#}
    {%- if modules.re.search('["\\x00-\\x1f\\x7f]', column) -%}
        {%- do exceptions.raise_compiler_error(
            object ~ " has the " ~ role ~ " " ~ tojson(column) ~ "; a name in the loop may have no double quote and no"
            ~ " line break or other control character. Rename it in a model before."
        ) -%}
    {%- elif column | lower in reserved -%}
        {%- do exceptions.raise_compiler_error(
            object ~ " has the " ~ role ~ " `" ~ column ~ "`, and the loop writes a column of that name beside it. Rename"
            ~ " it; reserved are " ~ reserved | join(', ') ~ "."
        ) -%}
    {%- endif -%}
{% endmacro %}


{#- Stop when the features of a use case can not be called so: a name of the loop, of the label, or the same name twice,
    which for DuckDB also two are that differ in case. `config` is none where it is not known. -#}
{% macro check_features(relation, columns, key, config=none) %}
    {%- set object, seen = '`' ~ relation.identifier ~ '`', {} -%}
    {%- for column in columns if column not in key -%}
        {%- do insitu.check_column_name(object, 'feature', column, 'features') -%}
        {%- if config and config.label | lower == column | lower -%}
            {%- do exceptions.raise_compiler_error(
                object ~ " has the feature `" ~ column ~ "`, which is the name of the label. Rename the feature, or take"
                ~ " it out: it must not know what is predicted."
            ) -%}
        {%- endif -%}
        {%- set other = seen.get(column | lower) -%}
        {%- if other -%}
            {%- do exceptions.raise_compiler_error(
                object ~ " has the features `" ~ other ~ "` and `" ~ column ~ "`, which are one name where case does not"
                ~ " count. Rename one of them."
            ) -%}
        {%- endif -%}
        {%- do seen.update({column | lower: column}) -%}
    {%- endfor -%}
{% endmacro %}


{#- Stop when a declaration names columns that can not be called so. -#}
{% macro check_declared_names(use_case, config) %}
    {%- set object = '`' ~ use_case ~ '__models`: meta.ml' -%}
    {%- set of_scores = insitu.quantile_columns(config) + insitu.reason_columns(config) -%}
    {%- for column in config.key -%}
        {%- set role = 'entity' if column in config.entity else 'as_of' -%}
        {%- do insitu.check_column_name(object, role, column, 'key', of_scores) -%}
    {%- endfor -%}
    {%- do insitu.check_column_name(object, 'label', config.label, 'features') -%}
    {%- for column in config.slices -%}
        {%- do insitu.check_column_name(object, 'slice', column, 'features') -%}
    {%- endfor -%}
    {%- set seen = [] -%}
    {%- for column in config.key + [config.label] -%}
        {%- if column | lower in seen -%}
            {%- do exceptions.raise_compiler_error(
                object ~ " names the column `" ~ column ~ "` twice, among entity, as_of and label. Each is a column of its own."
            ) -%}
        {%- endif -%}
        {%- do seen.append(column | lower) -%}
    {%- endfor -%}
{% endmacro %}
