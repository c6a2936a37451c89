{{ insitu.search_trials('arrival_delay') }}
