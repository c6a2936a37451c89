{#- Which part of the training set a row belongs to. Backwards from the moment of training: test, gap, validation,
    and before them train. Nothing is fitted to, or chosen by, the gap and the test. -#}
{% macro split(use_case, as_of_column='as_of') -%}
    {%- set training = insitu.use_case_config(use_case).get('training', {}) -%}
    {%- set moment = insitu.timestamp_literal(insitu.training_as_of(use_case)) -%}
    {%- set test = moment ~ " - " ~ insitu.duration_interval(use_case, 'training.test', training.get('test', '30 days')) -%}
    {%- set gap = test ~ " - " ~ insitu.duration_interval(use_case, 'training.gap', training.get('gap', '7 days')) -%}
    {%- set validation = gap ~ " - " ~ insitu.duration_interval(use_case, 'training.validation', training.get('validation', '30 days')) -%}
    case
        when {{ as_of_column }} >= {{ test }} then 'test'
        when {{ as_of_column }} >= {{ gap }} then 'gap'
        when {{ as_of_column }} >= {{ validation }} then 'validation'
        else 'train'
    end
{%- endmacro %}
