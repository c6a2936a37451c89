select * from raw.visits__parity
