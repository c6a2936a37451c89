"""What the warehouse holds: layers, champions, predictions, alerts."""
