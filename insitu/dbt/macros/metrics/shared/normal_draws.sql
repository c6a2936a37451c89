{#- Standard normal numbers (item, replicate, draw) for items 0, 1, …: the same in every run and on every warehouse, by
    Box and Muller from two parts of an MD5 hash. -#}
{% macro normal_draws(items, replicates) %}
{%- set numbers = 'generate_series(1, ' ~ replicates ~ ')' %}
select
    item,
    replicate,
    sqrt(-2 * ln({{ insitu.hash_share('hash', 1) }})) * cos(2 * pi() * {{ insitu.hash_share('hash', 14) }}) as draw
from (
    select item, replicate, md5(cast(item as varchar) || ':' || cast(replicate as varchar)) as hash
    from (select cast(i as integer) as item from generate_series(0, {{ items - 1 }}) as items (i)) as items
    cross join (select cast(i as integer) as replicate from {{ numbers }} as replicates (i)) as replicates
) as hashed
{% endmacro %}
