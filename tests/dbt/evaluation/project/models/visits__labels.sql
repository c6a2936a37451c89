select * from raw.visits__labels
