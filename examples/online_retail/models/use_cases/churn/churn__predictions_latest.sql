{{ insitu.predictions_latest('churn') }}
