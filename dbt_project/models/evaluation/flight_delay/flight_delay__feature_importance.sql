{{ insitu.feature_importance('flight_delay') }}
