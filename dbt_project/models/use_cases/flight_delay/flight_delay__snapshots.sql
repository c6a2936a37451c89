{{ insitu.snapshots('flight_delay') }}
