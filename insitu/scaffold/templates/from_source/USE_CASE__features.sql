{{ insitu.join_features(
    spine=ref('USE_CASE__spine'),
    key=[KEY_QUOTED],
    features=[
        ref('USE_CASE__feat_history'),
    ],
) }}
