{%- set by = ['use_case', 'model_version'] %}
{%- set over = ['batch_id', 'batch_as_of'] %}
with current_scores as (
    select use_case, model_version, batch_id, batch_as_of, cast(score as double precision) as value
    from {{ ref('ml_predictions') }}
),

-- what the same model gave to rows it had never seen
reference_scores as (
    {% for use_case in use_cases() -%}
    select
        '{{ use_case }}' as use_case,
        heldout.model_version,
        cast(heldout.score as double precision) as value
    from {{ ref(use_case ~ '__heldout_predictions') }} as heldout
    inner join {{ ref(use_case ~ '__models') }} as models
        on heldout.model_version = models.model_version and heldout.snapshot_id = models.snapshot_id
    where heldout.split in ('validation', 'test')
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    {% for measure in ['psi', 'ks', 'missing_share'] -%}
    select use_case, batch_id, batch_as_of, model_version, metric, value, n_rows
    from (
        {{ context['drift_' ~ measure]('reference_scores', 'current_scores', by, over) | indent(8) }}
    ) as {{ measure }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
