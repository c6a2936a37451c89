{{ insitu.feature_importance('arrival_delay') }}
