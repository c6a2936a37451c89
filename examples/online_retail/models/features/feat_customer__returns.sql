{{ insitu.window_features(
    spine=ref('churn__spine'),
    events=ref('fct_returns'),
    keys=['customer_id'],
    windows=['90 days', '365 days'],
    measures=[
        {'name': 'returns', 'agg': 'count'},
        {'name': 'refund', 'expr': 'cast(refund as decimal(12, 2))', 'agg': 'sum', 'default': 0},
    ],
    prefix='customer',
) }}
