"""Models run again on rows that are cut off at an instant: on the user's rows, and on made-up ones."""
