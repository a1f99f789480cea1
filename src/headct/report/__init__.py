"""Answers → things that people and systems read."""
