{{ insitu.evaluation_curves('arrival_delay') }}
