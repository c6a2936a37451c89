-- What came true of each spine row (LABEL), and when that was known (matured_at). Rows that are not known yet may be there.
--
--     select
--         spine.ENTITY_FIRST,
--         spine.as_of,
--         ... as LABEL,
--         spine.as_of + interval '90 days' as matured_at
--     from {% raw %}{{ ref('USE_CASE__spine') }}{% endraw %} as spine
{{ insitu.unfinished('what came true, and when it was known: a query with the columns ENTITY, as_of, LABEL and matured_at') }}
