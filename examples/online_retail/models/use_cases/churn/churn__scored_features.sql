{{ insitu.scored_features('churn') }}
