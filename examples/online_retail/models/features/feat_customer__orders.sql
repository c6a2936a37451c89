{{ insitu.window_features(
    spine=ref('churn__spine'),
    events=ref('purchases'),
    keys=['customer_id'],
    windows=['30 days', '90 days', '180 days', '365 days'],
    measures=[
        {'name': 'orders', 'expr': 'order_number', 'agg': 'count_distinct'},
        {'name': 'lines', 'expr': 'n_lines', 'agg': 'sum', 'default': 0},
        {'name': 'revenue', 'expr': 'cast(revenue as decimal(12, 2))', 'agg': 'sum', 'default': 0},
        {'name': 'purchase', 'agg': 'time_since_last', 'unit': 'day', 'windows': ['365 days']},
    ],
    prefix='customer',
) }}
