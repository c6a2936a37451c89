{{ insitu.join_features(
    spine=ref('churn__spine'),
    key=['customer_id', 'as_of'],
    features=[
        ref('feat_customer__orders'),
        ref('feat_customer__returns'),
    ],
) }}
