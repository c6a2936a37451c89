select * from raw.visits__predictions
