{{ feature_importance('flight_delay') }}
