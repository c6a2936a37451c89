{{ outcomes('arrival_delay') }}
