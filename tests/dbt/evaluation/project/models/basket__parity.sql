select * from raw.basket__parity
