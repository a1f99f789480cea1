"""The main job: one study from files to an answer."""
