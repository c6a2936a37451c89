{{ insitu.retraining_value('arrival_delay') }}
