{#- The start of the block of that length which holds the moment; blocks are aligned alike for every row, and nest if
    one length divides the other. -#}
{% macro time_block(moment, seconds) %}
    {{- return(adapter.dispatch('time_block', 'insitu')(moment, seconds)) -}}
{% endmacro %}

{% macro default__time_block(moment, seconds) %}
    {{- return("time_bucket(interval '" ~ insitu.duration_text(seconds) ~ "', " ~ moment ~ ')') -}}
{% endmacro %}

{% macro postgres__time_block(moment, seconds) %}
    {{- return("date_bin(interval '" ~ insitu.duration_text(seconds) ~ "', " ~ moment ~ ", timestamp '2000-01-03')") -}}
{% endmacro %}


{#- Seconds from one UTC timestamp to a later one, with fractions. -#}
{% macro seconds_between(earlier, later) %}
    {{- return(adapter.dispatch('seconds_between', 'insitu')(earlier, later)) -}}
{% endmacro %}

{% macro default__seconds_between(earlier, later) %}
    {{- return('epoch(' ~ later ~ ' - ' ~ earlier ~ ')') -}}
{% endmacro %}

{% macro postgres__seconds_between(earlier, later) %}
    {{- return('extract(epoch from ' ~ later ~ ' - ' ~ earlier ~ ')::double precision') -}}
{% endmacro %}
