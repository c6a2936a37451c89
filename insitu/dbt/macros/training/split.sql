{#- Which part of the training set a row belongs to. Backwards from the moment of training: test, gap, validation,
    and before them train. Nothing is fitted to, or chosen by, the gap and the test. -#}
{% macro split(use_case, as_of_column='as_of') -%}
    {%- set training = insitu.use_case_config(use_case).training -%}
    {%- set moment = insitu.timestamp_literal(insitu.training_as_of(use_case)) -%}
    {%- set starts = [moment] -%}
    {%- for part in ['test', 'gap', 'validation'] -%}
        {#- `gap: null` leaves nothing out. -#}
        {%- set length = insitu.duration_interval(use_case, 'training.' ~ part, training[part]) if training[part] -%}
        {%- do starts.append(starts[-1] ~ (' - ' ~ length if length else '')) -%}
    {%- endfor -%}
    case
        when {{ as_of_column }} >= {{ starts[1] }} then 'test'
        when {{ as_of_column }} >= {{ starts[2] }} then 'gap'
        when {{ as_of_column }} >= {{ starts[3] }} then 'validation'
        else 'train'
    end
{%- endmacro %}
