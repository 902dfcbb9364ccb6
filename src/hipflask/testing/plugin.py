"""pytest plugin of Hipflask (entry point `hipflask`)."""
