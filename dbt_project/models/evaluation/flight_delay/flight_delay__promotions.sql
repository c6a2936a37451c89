{{ promotions('flight_delay') }}
