"""Calls that look at several rows: their parts, the frame of a window, and whether their order leaves ties."""
