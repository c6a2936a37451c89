select * from raw.visits__snapshots
