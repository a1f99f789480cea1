"""The head itself: skull, brain, vessels and face, each seed another."""
