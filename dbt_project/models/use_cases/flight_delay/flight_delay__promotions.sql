{{ insitu.promotions('flight_delay') }}
