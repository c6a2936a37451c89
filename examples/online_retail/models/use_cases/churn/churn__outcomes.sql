{{ insitu.outcomes('churn') }}
