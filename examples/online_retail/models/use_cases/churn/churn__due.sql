{{ insitu.due('churn') }}
