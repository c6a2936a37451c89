select * from raw.tier__snapshots
