{{ insitu.training_set('arrival_delay') }}
