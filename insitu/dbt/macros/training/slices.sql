{#- The slices of a training set as SQL: `tests`, the windows of the test as [(from, to)] in order; `gap` and `validation`,
    where these begin. Each is a length, counted back from the one after it (the last from the moment of training, less the
    declared `horizon`, within which labels become known), or has its date: `{from: 2010-01-01}`, for the test also `to`, or a list of such windows. A window of the test that has not
    begun at the moment of training does not count. -#}
{% macro slices(use_case) %}
    {%- set training = insitu.use_case_config(use_case).training -%}
    {%- set now = insitu.training_as_of(use_case) -%}
    {%- set moment = insitu.timestamp_literal(now) -%}
    {%- set tests = [] -%}
    {%- if training.test is string -%}
        {%- set horizon = insitu.duration_interval(use_case, 'training.horizon', training.horizon) if training.horizon -%}
        {%- set known = moment ~ ' - ' ~ horizon if horizon else moment -%}
        {%- do tests.append((insitu.slice_start(use_case, 'test', known), known)) -%}
    {%- else -%}
        {%- set windows = [training.test] if training.test is mapping else training.test -%}
        {%- set begun = [] -%}
        {%- for window in windows -%}
            {%- set from = insitu.slice_date(use_case, 'test', window.get('from')) -%}
            {%- set to = insitu.slice_date(use_case, 'test', window.to) if window.get('to') else now -%}
            {%- if from < now -%}{%- do begun.append((from, [to, now] | min)) -%}{%- endif -%}
        {%- endfor -%}
        {%- if execute and not begun -%}
            {%- do exceptions.raise_compiler_error(
                "`" ~ use_case ~ "__models`: no window of meta.ml.training.test has begun at " ~ now ~ ", the moment of "
                ~ "training. Choose a later `insitu_as_of`, or an earlier test."
            ) -%}
        {%- endif -%}
        {%- for from, to in begun | sort -%}
            {%- do tests.append((insitu.timestamp_literal(from), insitu.timestamp_literal(to))) -%}
        {%- endfor -%}
        {%- if not tests -%}{%- do tests.append((moment, moment)) -%}{%- endif -%}
    {%- endif -%}
    {%- set gap = insitu.slice_start(use_case, 'gap', tests[0][0]) -%}
    {{- return({'tests': tests, 'gap': gap, 'validation': insitu.slice_start(use_case, 'validation', gap)}) -}}
{% endmacro %}


{#- Where a slice begins that ends at `end`: so much earlier, at its date, or, if it has none, at its end. -#}
{% macro slice_start(use_case, part, end) %}
    {%- set declared = insitu.use_case_config(use_case).training[part] -%}
    {%- if declared is mapping -%}
        {{- return(insitu.timestamp_literal(insitu.slice_date(use_case, part, declared.get('from')))) -}}
    {%- elif not declared -%}
        {{- return(end) -}}
    {%- endif -%}
    {{- return(end ~ ' - ' ~ insitu.duration_interval(use_case, 'training.' ~ part, declared)) -}}
{% endmacro %}


{#- A date of the declaration, `2010-01-01` or `2010-01-01 06:00:00`, as a datetime. -#}
{% macro slice_date(use_case, part, written) %}
    {%- set text = written | string | replace('T', ' ') -%}
    {%- set text = text ~ ' 00:00:00' if text | length == 10 else text -%}
    {%- if not modules.re.fullmatch('[1-9]\\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01]) ([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d', text) -%}
        {%- do exceptions.raise_compiler_error(
            "`" ~ use_case ~ "__models`: meta.ml.training." ~ part ~ " has the date `" ~ written
            ~ "`; expected a UTC time like 2010-01-01."
        ) -%}
    {%- endif -%}
    {{- return(modules.datetime.datetime.strptime(text, '%Y-%m-%d %H:%M:%S')) -}}
{% endmacro %}
