{{ insitu.scoring_set('arrival_delay') }}
