-- How it went before: the earlier rows of the same ENTITY_WORDS, as far as they were known.
{{ insitu.window_features(
    spine=ref('USE_CASE__spine'),
    spine_key=[ENTITY_QUOTED],
    events=ref('USE_CASE__history'),
    keys=[ENTITY_QUOTED],
    windows=['30 days', '90 days', '365 days'],
    measures=[
        {'name': 'rows', 'agg': 'count'},
MEASURE
    ],
    prefix='earlier',
) }}
