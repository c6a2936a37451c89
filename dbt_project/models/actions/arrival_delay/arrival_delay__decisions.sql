{{ decisions('arrival_delay') }}
