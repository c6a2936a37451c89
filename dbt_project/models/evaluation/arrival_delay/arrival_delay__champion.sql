{{ champion('arrival_delay') }}
