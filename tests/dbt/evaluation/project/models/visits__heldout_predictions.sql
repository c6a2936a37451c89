select * from raw.visits__heldout_predictions
