{{ insitu.evaluation_metrics('basket') }}
