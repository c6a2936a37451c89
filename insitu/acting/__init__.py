"""Acting on predictions: who gets which model and which treatment."""
