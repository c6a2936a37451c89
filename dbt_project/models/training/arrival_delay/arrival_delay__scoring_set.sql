{{ scoring_set('arrival_delay') }}
