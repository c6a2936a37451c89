{{ insitu.parity('churn') }}
