{#- Which part of the training set a row belongs to. Backwards from the moment of training: test, gap, validation, and
    before them train. Nothing is fitted to, or chosen by, the gap and the test. A row belongs to its part only if its label
    was known when the part began that judges what is learned from it: for a row of train that is the validation, for one of
    validation and gap the test. A row of train whose label came in between is for the `refit` before the test. The other
    rows are `late`, with those after a window of the test: only a fit after the judgement may see them. -#}
{% macro split(use_case, as_of_column='as_of', matured_at_column='matured_at') -%}
    {%- set slices = insitu.slices(use_case) -%}
    {%- set test_begins = slices.tests[0][0] -%}
    case
        {%- for from, to in slices.tests %}
        when {{ as_of_column }} >= {{ from }} and {{ as_of_column }} < {{ to }} then 'test'
        {%- endfor %}
        when {{ as_of_column }} >= {{ test_begins }} or {{ matured_at_column }} >= {{ test_begins }} then 'late'
        when {{ as_of_column }} >= {{ slices.gap }} then 'gap'
        when {{ as_of_column }} >= {{ slices.validation }} then 'validation'
        when {{ matured_at_column }} >= {{ slices.validation }} then 'refit'
        else 'train'
    end
{%- endmacro %}
