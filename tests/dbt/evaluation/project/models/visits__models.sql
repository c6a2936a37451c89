select * from raw.visits__models
