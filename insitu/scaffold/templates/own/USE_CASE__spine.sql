-- Every ENTITY_WORDS, at the moment its prediction is due. Rows up to the end of the scoring window that `as_of` opens:
--
--     select
--         ENTITY,
--         first_of_month as as_of
--     from {% raw %}{{ ref('your_model') }}{% endraw %}
--     where first_of_month < {% raw %}{{ insitu.timestamp_literal(insitu.as_of()) }}{% endraw %} + interval 'WINDOW'
{{ insitu.unfinished('who is predicted for, and when: a query with the columns ENTITY and as_of') }}
