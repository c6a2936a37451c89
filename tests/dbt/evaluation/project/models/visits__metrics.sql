{{ insitu.evaluation_metrics('visits') }}
