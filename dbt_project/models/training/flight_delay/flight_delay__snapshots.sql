{{ snapshots('flight_delay') }}
