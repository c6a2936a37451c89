select * from raw.visits__promotions
