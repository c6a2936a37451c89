-- The feature models, side by side: each has one row for every row of the spine.
--
--     {% raw %}{{ insitu.join_features(
--         spine=ref('USE_CASE__spine'),
--         key=[KEY_QUOTED],
--         features=[
--             ref('feat_customer__orders'),
--         ],
--     ) }}{% endraw %}
{{ insitu.unfinished('which feature models: a call of insitu.join_features') }}
