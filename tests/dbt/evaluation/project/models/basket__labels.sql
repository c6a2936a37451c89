select * from raw.basket__labels
