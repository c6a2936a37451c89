{%- do insitu.overall_model('evaluation') -%}

with final as (
    {% for use_case in insitu.use_cases_there() -%}
    {%- set models = insitu.use_case_ref(use_case, 'models') -%}
    {%- set kept = adapter.get_columns_in_relation(models) | map(attribute='name') | list if execute else [] -%}
    select
        model_version,
        '{{ use_case }}' as use_case,
        candidate,
        family,
        task,
        snapshot_id,
        training_as_of,
        status,
        message,
        parameters,
        search_trace,
        signature,
        feature_importance,
        artifact_sha256,
        training_key,
        code_hash,
        config_hash,
        git_revision,
        library_versions,
        random_state,
        trained_rows,
        {{ 'deployed_rows is not null' if 'deployed_rows' in kept else 'false' }} as test_is_estimate,
        fit_seconds,
        created_at
    from {{ models }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
