select * from raw.tier__heldout_predictions
