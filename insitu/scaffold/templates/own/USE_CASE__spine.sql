-- Every ENTITY_WORDS, at the moment its prediction is due, up to now:
--
--     select
--         ENTITY,
--         first_of_month as as_of
--     from {% raw %}{{ ref('your_model') }}{% endraw %}
--     where first_of_month <= {% raw %}{{ insitu.timestamp_literal(insitu.newest_as_of()) }}{% endraw %}
{{ insitu.unfinished('who is predicted for, and when: a query with the columns ENTITY and as_of') }}
