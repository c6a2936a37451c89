"""Incremental models: does a later run add what the full build would have had?"""
