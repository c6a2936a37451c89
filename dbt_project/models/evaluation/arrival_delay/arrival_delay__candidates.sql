{{ candidates('arrival_delay') }}
