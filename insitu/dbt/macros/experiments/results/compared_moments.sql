{#- Moments of the steps of an experiment as those of comparisons: each variant's units and the control's of the same steps,
    weighted (`comparisons`). `variant` then names the comparison, `is_control` the arm. Reads the CTE `comparisons`. -#}
{% macro compared_moments(relation) -%}
select
    experiment, metric, kind, middle, covariate_middle, compared as variant, is_control, slice_column, slice_value, day,
    {{ insitu.summed_moments('weight') | indent(4) }}
from (
    select
        steps.*,
        comparisons.variant as compared,
        case when steps.is_control = 1 then comparisons.weight_control else comparisons.weight_variant end as weight
    from {{ relation }} as steps
    inner join comparisons
        on steps.experiment = comparisons.experiment
        and steps.step = comparisons.step
        and (steps.is_control = 1 or steps.variant = comparisons.variant)
) as weighted
group by experiment, metric, kind, middle, covariate_middle, compared, is_control, slice_column, slice_value, day
{%- endmacro %}
