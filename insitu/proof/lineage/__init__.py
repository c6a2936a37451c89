"""What a feature depends on, what breaks when a source column changes, and which models use it."""
