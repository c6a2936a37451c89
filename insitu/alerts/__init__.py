"""Alert episodes: what is open, what has changed, and whom to tell."""
