{{ promotions('arrival_delay') }}
