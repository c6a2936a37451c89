{{ insitu.policies('churn') }}
