{{ insitu.training_set('churn') }}
