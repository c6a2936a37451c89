{{ insitu.snapshots('churn') }}
