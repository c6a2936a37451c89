{{ insitu.evaluation_metrics('tier') }}
