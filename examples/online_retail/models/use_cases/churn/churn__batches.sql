{{ insitu.batches('churn') }}
