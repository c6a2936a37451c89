{{ insitu.predictions_latest('arrival_delay') }}
