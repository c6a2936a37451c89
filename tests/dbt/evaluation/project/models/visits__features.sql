select * from raw.visits__features
