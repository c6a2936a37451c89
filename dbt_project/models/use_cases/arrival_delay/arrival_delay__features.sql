{{ insitu.join_features(
    spine=ref('arrival_delay__spine'),
    key=['flight_id', 'as_of'],
    features=[
        ref('feat_flight__schedule'),
        ref('feat_flight__aircraft'),
        ref('feat_flight__weather'),
        ref('feat_flight__origin_traffic'),
        ref('feat_flight__carrier_traffic'),
        ref('feat_flight__route_history'),
        ref('feat_flight__destination_arrivals'),
        ref('feat_flight__aircraft_rotation'),
        ref('feat_flight__overdue'),
        ref('feat_flight__turnaround'),
        ref('feat_flight__overdue_network'),
        ref('feat_flight__weather_trend'),
    ],
) }}
