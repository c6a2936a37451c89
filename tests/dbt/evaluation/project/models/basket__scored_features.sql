select * from raw.basket__predictions
