"""`make demo`: a real video through the main job, on a running studio, as its people would do it."""
