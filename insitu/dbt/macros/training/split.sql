{#- Which part of the training set a row belongs to. Backwards from the moment of training: test, gap, validation, and
    before them train. Nothing is fitted to, or chosen by, the gap and the test. A row whose label was not known yet when
    the slice began that judges what is learned from it belongs to none (NULL): for a row of train that is the validation,
    for one of validation and gap the test. So does a row between two windows of the test. -#}
{% macro split(use_case, as_of_column='as_of', matured_at_column='matured_at') -%}
    {%- set slices = insitu.slices(use_case) -%}
    {%- set test_begins = slices.tests[0][0] -%}
    case
        {%- for from, to in slices.tests %}
        when {{ as_of_column }} >= {{ from }} and {{ as_of_column }} < {{ to }} then 'test'
        {%- endfor %}
        when {{ as_of_column }} >= {{ test_begins }} then null
        when {{ as_of_column }} >= {{ slices.gap }} then case when {{ matured_at_column }} < {{ test_begins }} then 'gap' end
        when {{ as_of_column }} >= {{ slices.validation }} then case when {{ matured_at_column }} < {{ test_begins }} then 'validation' end
        when {{ matured_at_column }} < {{ slices.validation }} then 'train'
    end
{%- endmacro %}
