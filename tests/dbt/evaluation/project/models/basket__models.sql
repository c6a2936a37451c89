select * from raw.basket__models
