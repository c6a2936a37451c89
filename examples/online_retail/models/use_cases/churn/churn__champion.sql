{{ insitu.champion('churn') }}
