{{ insitu.snapshots('arrival_delay') }}
