"""Months of a use case in minutes: every step does what a build of that moment would, in schemas of its own."""
