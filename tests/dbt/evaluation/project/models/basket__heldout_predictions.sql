select * from raw.basket__heldout_predictions
