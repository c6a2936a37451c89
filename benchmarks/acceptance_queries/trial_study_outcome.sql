with asked as (
    select * from trial_study
),

study as (
    select
        asked.nct_id,
        asked.as_of,
        studies.phase,
        studies.study_type,
        studies.enrollment,
        coalesce(studies.has_dmc, false) as has_committee,
        length(studies.brief_title) as title_length,
        designs.allocation,
        designs.masking,
        date_diff('month', studies.start_date, asked.as_of) as months_running
    from asked
    left join studies on asked.nct_id = studies.nct_id and studies.start_date <= asked.as_of
    left join designs on asked.nct_id = designs.nct_id and designs.date <= asked.as_of
),

{% for name, relation in [('sponsor', 'sponsors_studies'), ('condition', 'conditions_studies'), ('facility', 'facilities_studies')] %}
    {{ name }}_past as (
        select
            asked.nct_id,
            asked.as_of,
            count(distinct mine.{{ name }}_id) as {{ name }}s,
            count(distinct other.nct_id) as {{ name }}_other_studies,
            avg(analysis.p_value) as {{ name }}_mean_p_value,
            min(analysis.p_value) as {{ name }}_least_p_value,
            sum(case when analysis.p_value <= 0.05 then 1 else 0 end) as {{ name }}_successes,
            coalesce(bool_or(analysis.p_value <= 0.05), false) as {{ name }}_ever_succeeded,
            count(analysis.p_value > 0.05 or null) as {{ name }}_failures
        from asked
        left join {{ relation }} as mine on asked.nct_id = mine.nct_id and mine.date <= asked.as_of
        left join {{ relation }} as other
            on mine.{{ name }}_id = other.{{ name }}_id and other.nct_id <> asked.nct_id and other.date <= asked.as_of
        left join outcome_analyses as analysis
            on other.nct_id = analysis.nct_id and asked.as_of - analysis.date > interval '0'
        group by all
    ),
{% endfor %}

events as (
    select
        asked.nct_id,
        asked.as_of,
        {% for kind in ['serious', 'other', 'deaths'] %}
            sum(case when t.event_type = '{{ kind }}' then t.subjects_affected end) as {{ kind }}_affected,
            max(case when t.event_type = '{{ kind }}' then t.subjects_affected / nullif(t.subjects_at_risk, 0) end) as {{ kind }}_worst,
        {% endfor %}
        count(t.id) as totals
    from asked
    left join reported_event_totals as t on asked.nct_id = t.nct_id and age(asked.as_of, t.date) > interval '0 days'
    group by all
),

dropped as (
    select
        asked.nct_id,
        asked.as_of,
        coalesce(sum(d.count), 0) as people_dropped,
        coalesce(sum(case when d.reason = 'Adverse Event' then d.count end), 0) as dropped_for_events,
        count(distinct d.reason) as reasons
    from asked
    left join drop_withdrawals as d
        on asked.nct_id = d.nct_id and epoch(asked.as_of) - epoch(d.date) >= 1
    group by all
)

select
    asked.nct_id,
    asked.as_of,
    study.* exclude (nct_id, as_of),
    sponsor_past.* exclude (nct_id, as_of),
    condition_past.* exclude (nct_id, as_of),
    facility_past.* exclude (nct_id, as_of),
    events.* exclude (nct_id, as_of),
    dropped.* exclude (nct_id, as_of)
from asked
{% for part in ['study', 'sponsor_past', 'condition_past', 'facility_past', 'events', 'dropped'] %}
    left join {{ part }} on asked.nct_id = {{ part }}.nct_id and asked.as_of = {{ part }}.as_of
{% endfor %}
