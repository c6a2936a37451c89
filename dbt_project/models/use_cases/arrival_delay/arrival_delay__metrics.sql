{{ insitu.evaluation_metrics('arrival_delay') }}
