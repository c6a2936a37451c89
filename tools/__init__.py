"""What the work on this repository needs, and nothing that runs with the library."""
