select * from raw.tier__models
