{{ snapshots('arrival_delay') }}
