"""`hipflask new`: copies the starter into a project of its own."""
