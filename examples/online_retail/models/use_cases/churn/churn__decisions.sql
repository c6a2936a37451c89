{{ insitu.decisions('churn') }}
