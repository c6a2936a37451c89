select * from raw.basket__features
