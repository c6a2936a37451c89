{{ insitu.join_features(
    spine=ref('USE_CASE__spine'),
    key=['ENTITY', 'as_of'],
    features=[
        ref('TODO_feat_entity__theme'),
    ],
) }}
