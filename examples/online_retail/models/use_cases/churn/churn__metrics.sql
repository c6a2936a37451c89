{{ insitu.evaluation_metrics('churn') }}
