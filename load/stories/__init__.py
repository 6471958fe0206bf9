"""The stories, one file each: found by `load.story.stories`."""
