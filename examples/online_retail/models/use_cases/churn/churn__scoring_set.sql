{{ insitu.scoring_set('churn') }}
