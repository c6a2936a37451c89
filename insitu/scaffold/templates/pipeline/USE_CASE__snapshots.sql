{{ insitu.snapshots('USE_CASE') }}
