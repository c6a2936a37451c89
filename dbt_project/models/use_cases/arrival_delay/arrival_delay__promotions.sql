{{ insitu.promotions('arrival_delay') }}
