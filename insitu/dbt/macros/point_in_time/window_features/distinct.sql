{#-
    Count distinct without keeping sets: the events of a window, less those whose value was met in it before. A repeat
    is an event and the one before it of the same value; both are in the window from the later's time until the earlier
    is older than the window. So it counts +1 at the one moment and -1 at the other, and a running total says how many
    repeats a window holds. Over all history, the first events of each value are counted instead.
-#}
{% macro distinct_expression(groups, column, plan) %}
    {%- set window = column.window -%}
    {%- set group = insitu.feature_group(groups, 'distinct', none, column.measure) -%}
    {%- if window.seconds is none -%}
        {%- do group.accumulators.update({'first_all': 'sum(first_all) over before'}) -%}
        {%- do group.outputs.update({'first_all': 'cast(' ~ insitu.at_edge(group, 'first_all', 0) ~ ' as bigint)'}) -%}
        {{ return(group.name ~ '.first_all') }}
    {%- endif -%}
    {%- do group.windows.setdefault(window.label, window) -%}
    {%- set digit = insitu.repeats_digit(group, window) -%}
    {%- do group.accumulators.update({digit.total: 'sum(' ~ digit.total ~ ') over before'}) -%}
    {%- set total = insitu.at_edge(group, digit.total, 0) -%}
    {%- set repeats = adapter.dispatch('read_digit', 'insitu')(total, digit.unit) -%}
    {%- set output = 'repeats_' ~ window.label -%}
    {%- do group.outputs.update({output: 'cast(' ~ repeats ~ ' as bigint)'}) -%}
    {%- set events = insitu.strategy_expression(groups, column.parts[0], plan) -%}
    {{ return(events ~ ' - coalesce(' ~ group.name ~ '.' ~ output ~ ', 0)') }}
{% endmacro %}


{#-
    The repeats of several windows share one running total, as digits to the base 2^31: no window holds so many events,
    and at a window's edge none is below 0. {'total': its name, 'unit': what one repeat adds}
-#}
{% macro repeats_digit(group, window) %}
    {%- set digits = adapter.dispatch('digits_of_a_total', 'insitu')() -%}
    {%- set index = (group.windows.keys() | list).index(window.label) -%}
    {{ return({'total': 'repeats_' ~ (index // digits + 1), 'unit': 2 ** (31 * (index % digits))}) }}
{% endmacro %}


{#- A running total of DuckDB costs the same for a HUGEINT, which has room for four; PostgreSQL would come to
    numeric. -#}
{% macro default__digits_of_a_total() %}{{ return(1) }}{% endmacro %}
{% macro duckdb__digits_of_a_total() %}{{ return(4) }}{% endmacro %}

{% macro default__read_digit(total, unit) %}{{ return(total) }}{% endmacro %}
{% macro duckdb__read_digit(total, unit) %}{{ return(total ~ ' // ' ~ unit ~ ' % ' ~ 2 ** 31) }}{% endmacro %}


{#- The CTEs that find the repeats of a measure, and put them on a timeline with the spine. -#}
{% macro render_distinct_timeline(group, keys, plan) %}
{%- set m, value = group.ordered.column, group.ordered.quoted -%}
{%- set key_list = insitu.quoted(keys) | join(', ') -%}
{%- set same_value = 'partition by ' ~ key_list ~ ', ' ~ value -%}
{%- set bounded = group.windows.values() | list -%}
{%- set longest = bounded | sort(attribute='seconds') | last -%}
{%- set all_history = 'first_all' in group.accumulators -%}
{%- set totals, units = {}, {} -%}
{%- for window in bounded -%}
    {%- set digit = insitu.repeats_digit(group, window) -%}
    {%- do totals.setdefault(digit.total, []).append(window) -%}
    {%- do units.update({window.label: digit.unit}) -%}
{%- endfor %}
{{ m }}_repeats as (
    select {{ key_list }}, moment, lag(moment) over ({{ same_value }} order by moment) as moment_before
    from events
    where {{ value }} is not null
),

{{ m }}_timeline as (
    select {{ key_list }}, cast(null as timestamp) as as_of, moment, 1 as edge
        {%- if all_history %},
        case when moment_before is null then 1 else 0 end as first_all
        {%- endif %}
        {%- for total, windows in totals.items() %},
        {% for window in windows -%}
        case when moment_before >= moment - interval '{{ window.text }}' then {{ units[window.label] }} else 0 end
        {{- ' + ' if not loop.last }}
        {%- endfor %} as {{ total }}
        {%- endfor %}
    from {{ m }}_repeats
    where {{ 'moment_before is null' if all_history }}
        {{- ' or ' if all_history and bounded }}
        {%- if bounded %}moment_before >= moment - interval '{{ longest.text }}'{% endif %}
    {%- for window in bounded %}
    union all
    select {{ key_list }}, null, moment_before + interval '{{ window.text }}', 1
        {%- if all_history %}, 0{% endif %}
        {%- for windows in totals.values() %}, {{ -units[window.label] if window in windows else 0 }}{% endfor %}
    from {{ m }}_repeats
    where moment_before >= moment - interval '{{ window.text }}'
    {%- endfor %}
    union all
    select {{ key_list }}, as_of, {{ insitu.minus_duration('as_of', plan.gap) }}, 0
        {%- for _ in group.accumulators %}, null{% endfor %} from moments
),
{% endmacro %}
