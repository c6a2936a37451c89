"""What a change does before it is merged: a branch's relations beside those of production."""
