select * from raw.basket__snapshots
