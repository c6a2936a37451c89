select * from raw.basket__promotions
