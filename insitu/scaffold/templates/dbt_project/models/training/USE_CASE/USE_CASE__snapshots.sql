{{ snapshots('USE_CASE') }}
